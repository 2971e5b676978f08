// A fenced resource must not accept a write once it has accepted, or been raised to, a higher
// token.
//
// "Once" is strict: the higher one had come back before the lower one was asked for. What happened
// at the same time may have happened in either order, and that is lawful.
#include <vector>

#include "harness/checker/checks.h"
#include "harness/checker/highest.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Event& higher, std::uint32_t higher_index,
                   const Event& lower, std::uint32_t lower_index, std::uint32_t invoke) {
  const std::int64_t sent_ns = evidence.history.events[invoke].at_ns;
  Finding finding;
  finding.what = Class::unfenced_late_write;
  finding.lock = lower.lock;
  finding.from_ns = higher.at_ns;
  finding.to_ns = lower.at_ns;
  finding.parties = {{higher.worker, higher.token, higher.at_ns, higher.at_ns, Doing::writing},
                     {lower.worker, lower.token, sent_ns, lower.at_ns, Doing::writing}};
  finding.events = in_order({higher_index, invoke, lower_index});
  finding.faults = faults_near(evidence, {higher.at_ns, lower.at_ns}, finding.parties);
  const auto deed = [](const Event& event) {
    return event.op == Op::raise ? std::string("been raised by ")
                                 : std::string("accepted a write of ");
  };
  finding.sentence = "The fence of " + which(evidence, lower.lock) + " accepted " +
                     (lower.op == Op::raise ? "a raise by " : "a write of ") +
                     who(evidence, lower.worker) + " with token " + std::to_string(lower.token) +
                     ", asked for at " + seconds(sent_ns) + ", although it had " + deed(higher) +
                     who(evidence, higher.worker) + " with token " + std::to_string(higher.token) +
                     " at " + seconds(higher.at_ns) + ".";
  return finding;
}

/// One lock's fence at a time would mean one pass over all events for each lock; so all at once.
class Fences {
 public:
  explicit Fences(const Evidence& evidence)
      : evidence_(evidence),
        highest_(evidence.history.locks.size(), HighestSoFar(evidence.history)),
        pending_(evidence.history.workers.size(), kNone) {}

  void check(CheckResult& result) {
    const auto& events = evidence_.history.events;
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const Event& event = events[i];
      if (event.op != Op::raise && event.op != Op::publish) continue;
      std::uint32_t& pending =
          event.op == Op::raise ? raising_[event.worker] : pending_[event.worker];
      if (event.phase == Phase::invoke) pending = i;
      if (event.phase != Phase::ok) continue;
      highest_[event.lock].add(event.worker, {event.at_ns, event.token, i});
      const auto* const higher = highest_[event.lock].before(event.worker, events[pending].at_ns);
      if (higher == nullptr || higher->token <= event.token) continue;
      add(result, finding_of(evidence_, events[higher->what], higher->what, event, i, pending));
    }
  }

 private:
  const Evidence& evidence_;
  std::vector<HighestSoFar> highest_;              ///< by lock
  std::vector<std::uint32_t> pending_;             ///< by worker: the publish that was asked for
  std::vector<std::uint32_t> raising_ = pending_;  ///< by worker: the raise that was asked for
};

}  // namespace

CheckResult check_unfenced_late_write(const Evidence& evidence) {
  if (!evidence.terms.fenced) {
    return not_applicable("unfenced_late_write", "the protected resource is no fence");
  }
  CheckResult result = result_of("unfenced_late_write",
                                 {"only what had come back before a write was asked for counts"});
  Fences(evidence).check(result);
  return result;
}

}  // namespace holdfast::harness
