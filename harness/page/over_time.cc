// Waits and handoffs as the run went on, and who followed whom.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/page/timeline_parts.h"
#include "harness/report/histogram.h"
#include "harness/report/measure.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

constexpr std::int64_t kWindows = 300;
/// A table of more rows says nothing to anybody.
constexpr std::size_t kMostNames = 40;

class Windows {
 public:
  Windows(std::int64_t start_ns, std::int64_t window_ns)
      : start_ns_(start_ns), window_ns_(window_ns), windows_(kWindows) {}

  void add(std::int64_t at_ns, std::int64_t length_ns) {
    const auto window = std::clamp<std::int64_t>((at_ns - start_ns_) / window_ns_, 0, kWindows - 1);
    windows_[static_cast<std::size_t>(window)].add(length_ns);
  }

  json told() const {
    json count = json::array(), p50 = json::array(), p99 = json::array(), max = json::array();
    for (const Histogram& window : windows_) {
      const bool any = window.count() != 0;
      count.push_back(window.count());
      p50.push_back(any ? json(window.percentile(0.5)) : json());
      p99.push_back(any ? json(window.percentile(0.99)) : json());
      max.push_back(any ? json(window.max()) : json());
    }
    return {{"count", count}, {"p50_ns", p50}, {"p99_ns", p99}, {"max_ns", max}};
  }

 private:
  std::int64_t start_ns_, window_ns_;
  std::vector<Histogram> windows_;
};

/// Rows of the table: lanes where they are few, else hosts.
struct Rows {
  bool lanes = true;
  std::vector<std::string> names;
  std::vector<std::uint32_t> of;  ///< by worker
};

Rows rows_of(const Played& played) {
  const History& history = played.history;
  Rows rows;
  rows.lanes = played.lanes.count <= kMostNames;
  rows.names.resize(rows.lanes ? played.lanes.count : history.hosts.size());
  for (std::size_t i = 0; i < history.workers.size(); ++i) {
    const WorkerRecord& worker = history.workers[i];
    rows.of.push_back(rows.lanes ? played.lanes.of[i] : worker.host);
    std::string& name = rows.names[rows.of[i]];
    if (!name.empty()) continue;
    name = rows.lanes ? worker.name.substr(0, worker.name.find('\''))
                      : history.hosts[worker.host].name;
  }
  return rows;
}

}  // namespace

json over_time_json(const Played& played) {
  const History& history = played.history;
  const std::int64_t window_ns =
      std::max<std::int64_t>(history.end_ns - history.start_ns, 0) / kWindows + 1;
  Windows wait(history.start_ns, window_ns), handoff(history.start_ns, window_ns);
  measure(history, 0, [&](Histogram Latencies::*which, std::int64_t from_ns, std::int64_t to_ns) {
    if (which == &Latencies::wait) wait.add(to_ns, to_ns - from_ns);
    if (which == &Latencies::handoff) handoff.add(to_ns, to_ns - from_ns);
  });
  return {{"window_ns", window_ns}, {"wait", wait.told()}, {"handoff", handoff.told()}};
}

json follows_json(const Played& played) {
  const Rows rows = rows_of(played);
  if (rows.names.size() > kMostNames) return {};
  std::vector<std::vector<std::uint64_t>> counts(rows.names.size(),
                                                 std::vector<std::uint64_t>(rows.names.size()));
  std::vector<std::uint64_t> grants(rows.names.size());
  for (const auto& holds_of_a_lock : played.holds.holds_of) {
    const Hold* before = nullptr;
    for (const std::uint32_t index : holds_of_a_lock) {
      const Hold& hold = played.holds.holds[index];
      const std::size_t row = rows.of[hold.worker];
      ++grants[row];
      if (before != nullptr) ++counts[rows.of[before->worker]][row];
      before = &hold;
    }
  }
  json names = json::array();
  for (const std::string& name : rows.names) names.push_back(readable(name));
  return {{"by", rows.lanes ? "lane" : "host"},
          {"names", names},
          {"counts", counts},
          {"grants", grants}};
}

}  // namespace holdfast::harness
