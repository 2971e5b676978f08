#include "harness/commands/holders.h"

#include <filesystem>
#include <vector>

#include "harness/history/lives.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

/// Of "h1.w3'2.events": "h1.w3'2"; empty: no worker's. What the recorder of a program's file
/// operations writes beside it has no live words.
std::string worker_of(const fs::path& file) {
  if (file.extension() != ".events") return {};
  const std::string name = file.stem();
  return name.find(".program.") == std::string::npos ? name : std::string();
}

}  // namespace

std::optional<std::string> Holders::host(Random& random) {
  // Of each place the newest: the word of one who was killed inside stays as it was.
  std::map<std::string, std::pair<std::uint64_t, std::string>> newest;
  std::error_code error;
  for (fs::directory_iterator at(histories_, error), end; !error && at != end;
       at.increment(error)) {
    const std::string worker = worker_of(at->path());
    if (worker.empty()) continue;
    auto& known = newest[worker.substr(0, worker.find('\''))];
    if (life_of(worker) >= known.first) known = {life_of(worker), at->path()};
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
