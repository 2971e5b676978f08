#include "harness/history/store.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <queue>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "harness/history/history_file.h"
#include "harness/history/last_operations.h"
#include "harness/history/lives.h"
#include "harness/history/recorder.h"
#include "harness/history/run_record.h"

namespace holdfast::harness {
namespace {

/// Gives each name a number, the empty one 0. Names can be millions (a baton's never recur), so the
/// set holds numbers and no second copy of the text.
class Names {
 public:
  explicit Names(std::vector<std::string>& list)
      : list_(list), numbers_(16, Hash{&list}, Same{&list}) {
    list_.emplace_back();
    numbers_.insert(0);
  }

  std::uint32_t number(std::string_view text) {
    if (text.empty()) return 0;
    list_.emplace_back(text);
    const auto [found, is_new] = numbers_.insert(static_cast<std::uint32_t>(list_.size() - 1));
    if (!is_new) list_.pop_back();
    return *found;
  }

 private:
  struct Hash {
    const std::vector<std::string>* list;
    std::size_t operator()(std::uint32_t number) const {
      return std::hash<std::string>{}((*list)[number]);
    }
  };
  struct Same {
    const std::vector<std::string>* list;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*list)[a] == (*list)[b]; }
  };
  std::vector<std::string>& list_;
  std::unordered_set<std::uint32_t, Hash, Same> numbers_;
};

/// A file in the merge, with the event that it offers next.
struct Source {
  HistoryFile file;
  std::uint32_t worker = 0;
  HistoryFile::Entry entry;

  /// Between equal instants of one worker the program's file operations stand after the request
  /// that caused them and before its reply.
  std::tuple<std::int64_t, std::uint32_t, int> key() const {
    const int rank = file.is_program() ? 1 : entry.event.phase == Phase::invoke ? 0 : 2;
    return {entry.event.at_ns, worker, rank};
  }
};

/// "h1.w3" before "h1.w3'2" before "h1.w3'10".
bool comes_first(const WorkerRecord& a, const WorkerRecord& b) {
  return std::make_tuple(a.slot, a.name.size(), std::cref(a.name)) <
         std::make_tuple(b.slot, b.name.size(), std::cref(b.name));
}

Result<std::uint32_t> host_index(const RunRecord& run, const HistoryFile& file) {
  for (std::uint32_t i = 0; i < run.hosts.size(); ++i) {
    if (run.hosts[i].name == file.host()) return i;
  }
  return problem(file.path(), "its host \"" + file.host() + "\" is not in run.json");
}

using Indices = std::map<std::string, std::uint32_t>;

/// Fills History::workers and tells each one's index.
Result<Indices> find_workers(const std::vector<Source>& sources, const RunRecord& run,
                             History& history) {
  std::map<std::string, const HistoryFile*> seen;
  for (const Source& source : sources) {
    const HistoryFile& file = source.file;
    if (file.is_program()) continue;
    const auto [other, is_new] = seen.emplace(file.worker(), &file);
    if (!is_new) {
      return problem(file.path(), "is a second history of worker \"" + file.worker() +
                                      "\", the first is " + other->second->path());
    }
    const auto host = host_index(run, file);
    if (!host) return tl::unexpected(host.error());
    history.workers.push_back({file.worker(), *host, file.header().slot, file.header().pid,
                               file.header().records_files != 0, file.header().dropped});
  }
  std::sort(history.workers.begin(), history.workers.end(), comes_first);
  Indices indices;
  for (const WorkerRecord& worker : history.workers) {
    indices.emplace(worker.name, static_cast<std::uint32_t>(indices.size()));
  }
  return indices;
}

Result<void> join_programs(std::vector<Source>& sources, const Indices& indices, History& history) {
  for (Source& source : sources) {
    const auto worker = indices.find(source.file.worker());
    if (worker == indices.end()) {
      return problem(source.file.path(), "is the program of worker \"" + source.file.worker() +
                                             "\", which has no history");
    }
    source.worker = worker->second;
    if (source.file.is_program()) {
      WorkerRecord& worker_record = history.workers[source.worker];
      worker_record.records_files = true;
      worker_record.dropped += source.file.header().dropped;
    }
  }
  return {};
}

/// Brings what hosts recorded onto the controller's clock, and remembers how wrong that can be.
class TimeLine {
 public:
  TimeLine(const RunRecord& run, History& history) : start_ns_(run.start_ns), history_(history) {
    for (const HostRecord& host : history_.hosts) {
      auto& clocks = clocks_.emplace_back();
      for (const RecorderClock& clock : host.clocks) clocks.emplace_back(clock.samples);
    }
    for (std::uint32_t host = 0; host < clocks_.size(); ++host) place_samples(host);
  }

  void place(const WorkerRecord& worker, Event& event) {
    const ClockOffsets& clock = clock_of(worker);
    note(worker.host, clock, event.at_ns);
    event.at_ns = place(clock, event.at_ns);
    event.began_ns = place(clock, event.began_ns);
    if (event.until_ns == 0) return;  // there is none
    const bool controllers_word = event.op == Op::enter || event.op == Op::leave;
    event.until_ns =
        std::max<std::int64_t>(1, place(controllers_word ? controllers_ : clock, event.until_ns));
  }

  void place(Fault& fault) const {
    const bool theirs = fault.host != kNobody && fault.host_clock != 0 &&
                        fault.host_clock <= clocks_[fault.host].size();
    const ClockOffsets& clock = theirs ? clocks_[fault.host][fault.host_clock - 1] : controllers_;
    fault.start_ns = place(clock, fault.start_ns);
    fault.end_ns = place(clock, fault.end_ns);
  }

 private:
  /// Relative to the run's start.
  std::int64_t place(const ClockOffsets& clock, std::int64_t at_ns) const {
    return clock.on_controller(at_ns) - start_ns_;
  }

  const ClockOffsets& clock_of(const WorkerRecord& worker) const {
    const auto clock = clock_of_life(history_.hosts[worker.host].clocks, life_of(worker.name));
    return clock ? clocks_[worker.host][*clock] : controllers_;
  }

  void place_samples(std::uint32_t host) {
    for (std::size_t i = 0; i < clocks_[host].size(); ++i) {
      for (ClockSample& sample : history_.hosts[host].clocks[i].samples) {
        note(host, clocks_[host][i], sample.host_ns);
        sample.host_ns = place(clocks_[host][i], sample.host_ns);
      }
    }
  }

  void note(std::uint32_t host, const ClockOffsets& clock, std::int64_t at_ns) {
    if (!clock.own_clock()) return;
    std::int64_t& most_ns = history_.hosts[host].uncertainty_ns;
    most_ns = std::max(most_ns, clock.at(at_ns).error_ns);
  }

  std::int64_t start_ns_;
  History& history_;
  const ClockOffsets controllers_{{}};
  std::vector<std::vector<ClockOffsets>> clocks_;
};

/// Puts the source's next event, placed on the time line, into its entry. False at the end.
Result<bool> advance(Source& source, const History& history, TimeLine& time_line) {
  const auto more = source.file.next(source.entry);
  if (more && *more) time_line.place(history.workers[source.worker], source.entry.event);
  return more;
}

Result<void> merge(std::vector<Source>& sources, const RunRecord& run, TimeLine& time_line,
                   History& history) {
  Names names(history.names);
  const auto later = [](const Source* a, const Source* b) { return a->key() > b->key(); };
  std::priority_queue<Source*, std::vector<Source*>, decltype(later)> heap(later);
  for (Source& source : sources) {
    const auto more = advance(source, history, time_line);
    if (!more) return tl::unexpected(more.error());
    if (*more) heap.push(&source);
  }
  while (!heap.empty()) {
    Source& source = *heap.top();
    heap.pop();
    Event event = source.entry.event;
    if (event.lock >= run.locks.size()) {
      return problem(source.file.path(), "an event of lock " + std::to_string(event.lock) +
                                             ", run.json has " + std::to_string(run.locks.size()));
    }
    event.worker = source.worker;
    event.name = names.number(source.entry.name);
    event.other = names.number(source.entry.other);
    history.events.push_back(event);
    const auto more = advance(source, history, time_line);
    if (!more) return tl::unexpected(more.error());
    if (*more) heap.push(&source);
  }
  return {};
}

Result<void> add_faults(const std::string& run_directory, const RunRecord& run,
                        const Indices& indices, TimeLine& time_line, History& history) {
  auto faults = read_faults(run_directory);
  if (!faults) return tl::unexpected(faults.error());
  for (Fault& fault : *faults) {
    if (fault.host != kNobody && fault.host >= run.hosts.size()) {
      return problem(run_directory + "/faults.jsonl",
                     "fault " + std::to_string(fault.id) + " names host " +
                         std::to_string(fault.host) + " of " + std::to_string(run.hosts.size()));
    }
    if (const auto worker = indices.find(fault.worker_name); worker != indices.end()) {
      fault.worker = worker->second;
    }
    time_line.place(fault);
  }
  std::stable_sort(faults->begin(), faults->end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.start_ns, a.id) < std::tie(b.start_ns, b.id);
  });
  history.faults = std::move(*faults);
  return {};
}

/// Whoever lacks one of the histories judges another run.
Result<void> all_are_there(const std::string& run_directory, const RunRecord& run,
                           const std::vector<std::string>& files) {
  for (const std::string& name : run.histories) {
    if (std::binary_search(files.begin(), files.end(), name)) continue;
    return problem(run_directory + "/history/" + name,
                   "run.json names this file, and it is missing: the run cannot be judged without");
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> history_files(const std::string& run_directory) {
  namespace fs = std::filesystem;
  const std::string directory = run_directory + "/history";
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".events") names.push_back(at->path().filename().string());
  }
  if (error) return problem(directory, "list the history files", error);
  std::sort(names.begin(), names.end());
  return names;
}

Result<History> read_history(const std::string& run_directory) {
  const auto run = read_run_record(run_directory);
  if (!run) return tl::unexpected(run.error());
  return read_history(run_directory, *run);
}

Result<History> read_history(const std::string& run_directory, const RunRecord& run) {
  const auto files = history_files(run_directory);
  if (!files) return tl::unexpected(files.error());
  if (auto whole = all_are_there(run_directory, run, *files); !whole) {
    return tl::unexpected(whole.error());
  }

  History history;
  history.hosts = run.hosts;
  history.locks = run.locks;
  history.end_ns = run.end_ns - run.start_ns;
  history.left_behind = run.left_behind;

  std::vector<Source> sources;
  for (const std::string& name : *files) {
    auto file = HistoryFile::open(run_directory + "/history/" + name);
    if (!file) return tl::unexpected(file.error());
    sources.push_back({std::move(*file), 0, {}});
  }
  const auto indices = find_workers(sources, run, history);
  if (!indices) return tl::unexpected(indices.error());
  if (auto joined = join_programs(sources, *indices, history); !joined) {
    return tl::unexpected(joined.error());
  }
  TimeLine time_line(run, history);
  if (auto merged = merge(sources, run, time_line, history); !merged) {
    return tl::unexpected(merged.error());
  }
  if (auto added = add_faults(run_directory, run, *indices, time_line, history); !added) {
    return tl::unexpected(added.error());
  }
  add_last_operations(history);
  return history;
}

namespace {

Result<void> write_events(const std::string& directory, const History& history) {
  std::int64_t now_ns = 0;
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (const WorkerRecord& worker : history.workers) {
    auto made = Recorder::create(directory + "/" + worker.name + ".events",
                                 {worker.name, history.hosts[worker.host].name, worker.slot,
                                  worker.pid, worker.records_files},
                                 [&now_ns] { return now_ns; });
    if (!made) return tl::unexpected(made.error());
    recorders.push_back(std::move(*made));
  }
  for (const Event& event : history.events) {
    now_ns = event.at_ns;
    Recorder& recorder = *recorders[event.worker];
    recorder.record(event, history.names[event.name], history.names[event.other]);
    if (recorder.failed()) return problem(directory, "no room is left for the history");
  }
  return {};
}

}  // namespace

Result<void> write_history(const std::string& run_directory, const History& history) {
  const std::string directory = run_directory + "/history";
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return problem(directory, "make this directory", error);
  if (auto written = write_events(directory, history); !written) return written;
  for (const Fault& fault : history.faults) {
    if (auto appended = append_fault(run_directory, fault); !appended) return appended;
  }
  auto files = history_files(run_directory);
  if (!files) return tl::unexpected(files.error());
  return write_run_record(run_directory, {history.hosts, history.locks, history.start_ns,
                                          history.end_ns, history.left_behind, std::move(*files)});
}

}  // namespace holdfast::harness
