// What the fault log is told: each request that was hit, by what, for how long, and what became of
// it.

#include <string.h>

#include <cerrno>
#include <utility>

#include "harness/result/count.h"
#include "harness/scenario/duration.h"
#include "harness/scenario/fault_sorts.h"
#include "harness/sharedmount/wire.h"

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;
using Clock = std::chrono::steady_clock;

const std::string& name_of(Kind kind) {
  return mount_fault_kinds()[static_cast<std::size_t>(kind)];
}

/// "kept back by partition 10": the number is that of the fault, in the order in which they were
/// given.
std::string kept_back_by(std::uint32_t fault, Kind kind) {
  return "kept back by " + name_of(kind) + " " + std::to_string(fault);
}

}  // namespace

const std::string& kind_of(const Hit& hit) { return hit.as.empty() ? name_of(hit.kind) : hit.as; }

std::string outcome(int error) {
  if (error == 0) return "done";
  const char* const name = ::strerrorname_np(error);
  return name == nullptr ? "error " + std::to_string(error) : name;
}

Hit Wire::hit_of(const Call& call, const Fate::Hit& by, const std::string& became) const {
  Hit hit;
  hit.fault = by.fault;
  hit.kind = by.kind;
  hit.host = options_.hosts[call.request.host];
  hit.what = words(call.request, call.about) + ": " + became;
  return hit;
}

void Wire::log(const CallPtr& call, Kind kind, const std::string& became,
               const std::string& why_not) {
  const auto by = call->fate.of(kind);
  if (!options_.log || !by) return;
  Hit hit = hit_of(*call, *by, became);
  // What kept it back before it arrived is told of on its own.
  hit.lasted = Clock::now() - (call->has_arrived() ? call->arrived : call->sent);
  hit.why_not = why_not;
  if (kind == Kind::error) hit.sorts = {error_sort(outcome(call->fate.error), call->applied)};
  if (kind == Kind::lost_reply) hit.sorts = {by->outage ? lost_by(*by->outage) : kByItself};
  options_.log(hit);
}

void Wire::log_stays(const CallPtr& call, const std::string& became) {
  if (!options_.log) return;
  for (const Stay& stay : call->stays) {
    Hit hit = hit_of(*call, stay.by, became);
    hit.lasted = stay.until - stay.from;
    hit.ago = Clock::now() - stay.until;
    const bool reordered = stay.by.kind == Kind::reorder;
    if (stay.by.kind != Kind::delay && !reordered) {
      if (call->given_up) continue;
      hit.as = kLateArrival;
    }
    if (reordered && !call->overtaken) hit.why_not = "too few other requests came in time";
    options_.log(hit);
  }
  if (!call->given_up || call->stays.empty()) return;
  // Once, from when it was sent: so whoever reads it finds the call of the program.
  Hit hit = hit_of(*call, call->stays.back().by, became);
  hit.as = kLateArrival;
  hit.lasted = Clock::now() - call->sent;
  options_.log(hit);
}

void Wire::log_given_up(const CallPtr& call) {
  const Fate::Hit& by = call->held_by;
  if (!options_.log || by.fault == 0) return;
  Hit hit = hit_of(*call, by, outcome(EIO) + ", " + kept_back_by(by.fault, by.kind));
  hit.as = kGivenUp;
  hit.lasted = Clock::now() - call->sent;
  options_.log(hit);
}

void Wire::log_outage(const Outage& over) {
  if (!options_.log) return;
  // Of a long outage with many who wait, these show what it did.
  constexpr std::size_t kMostTold = 1000;
  std::size_t waited = 0;
  for (const Waiting& one : waiting_) {
    if (one.fault == over.fault && ++waited <= kMostTold) log_held_up(one);
  }
  Hit hit;
  hit.kind = timed_.at(over.fault).fault.kind;
  hit.sorts = sorts_of(timed_.at(over.fault).fault);
  if (!over.all) hit.host = options_.hosts[over.host];
  hit.lasted = Clock::now() - over.began;
  if (waited == 0) hit.why_not = "no request waited for its end";
  const std::string more = ", the first " + std::to_string(kMostTold) + " of which are told of";
  log_of_server(std::move(hit), over.fault,
                count(waited, "request") + " waited" + (waited > kMostTold ? more : ""));
}

void Wire::log_held_up(const Waiting& one) {
  const Call& call = *one.call;
  const Kind kind = timed_.at(one.fault).fault.kind;
  const std::string so_far =
      call.has_arrived() ? outcome(call.result.error) + ", not answered" : "not arrived";
  Hit hit = hit_of(call, {one.fault, kind, {}}, so_far + ", " + kept_back_by(one.fault, kind));
  hit.as = kHeldUp;
  hit.lasted = Clock::now() - one.since;
  options_.log(hit);
}

void Wire::log_clock() {
  if (!clock_set_) return;
  const ClockSetting over = *std::exchange(clock_set_, std::nullopt);
  const ServerClock::Seen& seen = store_.clock().seen();
  Hit hit;
  hit.kind = Kind::server_clock;
  hit.sorts = {over.sort};
  hit.lasted = Clock::now() - over.since;
  hit.offset = store_.clock().offset();
  hit.measured_offset = seen.off;
  if (hit.offset == over.before) {
    hit.why_not = "it was off by so much already";
  } else if (seen.stamps == 0) {
    hit.why_not = "nobody was told of a stamp that it changed";
  }
  log_of_server(std::move(hit), over.fault,
                over.sort + ": off by " + print_duration(hit.offset) + ", before by " +
                    print_duration(over.before) + "; " + std::to_string(seen.stamps) +
                    " stamps of it told");
}

void Wire::log_forgotten(std::uint32_t number, const std::vector<Forgotten>& changes) {
  if (!options_.log || changes.empty()) return;
  for (const Forgotten& change : changes) {
    Hit hit;
    hit.kind = Kind::server_crash;
    hit.host = options_.hosts[change.host];
    hit.as = kForgotten;
    log_of_server(std::move(hit), number, change.what);
  }
  Hit moment;
  moment.kind = Kind::server_crash;
  moment.as = kServerForgot;
  log_of_server(std::move(moment), number, count(changes.size(), "change") + " forgotten");
}

void Wire::log_of_server(Hit hit, std::uint32_t number, const std::string& what) {
  if (!options_.log) return;
  hit.fault = number;
  hit.what = what;
  options_.log(hit);
}

}  // namespace holdfast::harness::mount
