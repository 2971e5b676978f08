#include "harness/page/timeline.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/checker/assumptions.h"
#include "harness/checker/trail.h"
#include "harness/page/packed.h"
#include "harness/page/timeline_parts.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

json workers_json(const History& history, const Lanes& lanes) {
  json workers = json::array();
  for (std::size_t i = 0; i < history.workers.size(); ++i) {
    const WorkerRecord& worker = history.workers[i];
    workers.push_back({{"name", readable(worker.name)},
                       {"host", worker.host < history.hosts.size() ? json(worker.host) : json()},
                       {"lane", lanes.of[i]},
                       {"pid", worker.pid}});
  }
  return workers;
}

json names_json(const std::vector<std::string>& names) {
  json list = json::array();
  for (const std::string& name : names) list.push_back(readable(name));
  return list;
}

json hosts_json(const History& history) {
  json hosts = json::array();
  for (const HostRecord& host : history.hosts) hosts.push_back(readable(host.name));
  return hosts;
}

/// The holds, as the judge saw them.
void add_holds(const Report& report, const History& history, const Lanes& lanes, std::size_t most,
               json& to) {
  const Terms& terms = report.facts.terms;
  const Trail trail(history, terms);
  const Holds holds = find_holds(history, terms, trail);
  const Played played{report, history, holds, lanes};
  to["holds"] = holds_json(played, chosen_holds(played, most));
  to["refusals"] = refusals_json(played, most / 4);
  to["renewals"] = renewals_json(played, most / 4);
  to["files"] = files_json(played, most / 4);
  to["sketch"] = holds.holds.size() > most ? sketch_json(played) : json();
  to["over_time"] = over_time_json(played);
  to["follows"] = follows_json(played);
}

}  // namespace

Lanes lanes_of(const History& history) {
  std::vector<std::uint32_t> slots;
  for (const WorkerRecord& worker : history.workers) slots.push_back(worker.slot);
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  Lanes lanes{{}, static_cast<std::uint32_t>(slots.size())};
  for (const WorkerRecord& worker : history.workers) {
    const auto at = std::lower_bound(slots.begin(), slots.end(), worker.slot);
    lanes.of.push_back(static_cast<std::uint32_t>(at - slots.begin()));
  }
  return lanes;
}

std::string timeline_json(const Report& report, const History& history, std::size_t most_holds) {
  const Lanes lanes = lanes_of(history);
  json timeline = {{"start_ns", history.start_ns},
                   {"end_ns", history.end_ns},
                   {"leases", report.facts.terms.leases},
                   {"hosts", hosts_json(history)},
                   {"locks", names_json(history.locks)},
                   {"workers", workers_json(history, lanes)},
                   {"holds", nullptr},
                   {"refusals", nullptr},
                   {"renewals", nullptr},
                   {"files", nullptr},
                   {"sketch", nullptr},
                   {"over_time", nullptr},
                   {"follows", nullptr}};
  if (check_assumptions(history, report.facts.terms).outcome != Outcome::found) {
    add_holds(report, history, lanes, most_holds, timeline);
  }
  return timeline.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace holdfast::harness
