#include "harness/fleet/deaths.h"

#include <algorithm>
#include <filesystem>

#include "harness/history/history_file.h"
#include "harness/history/lives.h"

namespace holdfast::harness {
namespace {

std::optional<Event> last_event(HistoryFile& file) {
  HistoryFile::Entry entry;
  std::optional<Event> last;
  while (true) {
    const auto more = file.next(entry);
    if (!more || !*more) return last;
    last = entry.event;
  }
}

}  // namespace

std::optional<Event> last_event(const std::string& history) {
  auto file = HistoryFile::open(history);
  if (!file) return std::nullopt;
  return last_event(*file);
}

std::vector<Death> deaths_on(const std::string& host, const std::string& history_folder,
                             const std::set<std::string>& known) {
  namespace fs = std::filesystem;
  std::vector<Death> deaths;
  std::error_code error;  // a folder that cannot be read is a problem of whoever judges the run
  for (fs::directory_iterator at(history_folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".events") continue;
    auto file = HistoryFile::open(at->path());
    if (!file || file->is_program() || file->host() != host) continue;
    if (known.contains(file->worker())) continue;
    const auto last = last_event(*file);
    if (last && last->op == Op::worker && last->phase != Phase::invoke) continue;
    deaths.push_back(
        {file->worker(), life_of(file->worker()), last ? last->at_ns : file->header().created_ns});
  }
  std::sort(deaths.begin(), deaths.end(),
            [](const Death& a, const Death& b) { return a.worker < b.worker; });
  return deaths;
}

}  // namespace holdfast::harness
