#include "harness/commands/holders.h"

#include <charconv>
#include <filesystem>
#include <vector>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

/// "h1.w3'2": the second worker in the place of h1.w3.
struct Writer {
  std::string place;
  std::uint64_t life = 1;
};

Writer writer_of(const std::string& worker) {
  const std::size_t mark = worker.find('\'');
  Writer writer{worker.substr(0, mark)};
  if (mark == std::string::npos) return writer;
  std::from_chars(worker.data() + mark + 1, worker.data() + worker.size(), writer.life);
  return writer;
}

}  // namespace

std::optional<std::string> Holders::host(Random& random) {
  // Of each place the newest: the word of one who was killed inside stays as it was.
  std::map<std::string, std::pair<std::uint64_t, std::string>> newest;
  std::error_code error;
  for (fs::directory_iterator at(histories_, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".events") continue;
    const Writer writer = writer_of(at->path().stem());
    auto& known = newest[writer.place];
    if (writer.life >= known.first) known = {writer.life, at->path()};
  }
  std::vector<std::string> hosts;
  for (const auto& [place, latest] : newest) {
    auto& view = views_[latest.second];
    if (!view) {
      auto opened = LiveView::open(latest.second);
      if (!opened) continue;  // it is just being made
      view = std::move(*opened);
    }
    if (view->read().inside) hosts.push_back(place.substr(0, place.rfind(".w")));
  }
  if (hosts.empty()) return std::nullopt;
  return hosts[random.below(hosts.size())];
}

}  // namespace holdfast::harness
