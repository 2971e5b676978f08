#include "harness/checker/origins.h"

#include <algorithm>

namespace holdfast::harness {
namespace {

constexpr int kLongestTrain = 100;  // of releases of what was another's

}  // namespace

const Unheard* Origins::of_loss(std::uint32_t take, std::uint32_t last) const {
  return of_loss(take, last, 0);
}

const Unheard* Origins::of_release(std::uint32_t removal) const { return of_release(removal, 0); }

std::uint32_t Origins::removal_of(std::uint32_t take, std::uint32_t last) const {
  std::uint32_t found = kNone;
  for (const auto& [removal, removed] : trail_.removals(trail_.did(take).lock)) {
    const Event& gone = trail_.did(removal);
    if (removed.take != take || gone.began_ns > evidence_.history.events[last].at_ns) continue;
    if (found == kNone || gone.at_ns > trail_.did(found).at_ns) found = removal;
  }
  return found;
}

const Unheard* Origins::of_loss(std::uint32_t take, std::uint32_t last, int depth) const {
  if (take == kNone || depth > kLongestTrain) return nullptr;
  const std::uint32_t removal = removal_of(take, last);
  if (removal == kNone || !trail_.removals(trail_.did(take).lock).at(removal).sure) return nullptr;
  if (const Unheard* const request = trail_.unheard(removal)) return request;
  if (trail_.did(removal).worker == trail_.did(take).worker) return repeated(removal, last);
  return trail_.gives_back(removal) ? of_release(removal, depth + 1) : of_break(take, removal);
}

const Unheard* Origins::of_release(std::uint32_t removal, int depth) const {
  if (removal == kNone) return nullptr;
  if (const Unheard* const request = trail_.unheard(removal)) return request;
  if (!trail_.gives_back(removal)) return nullptr;
  const std::uint32_t own = trail_.taken_before(removal);
  return own == kNone ? nullptr : of_loss(own, removal, depth);
}

/// Whoever gives back and whose removal is carried out once more finds that he moved another's.
const Unheard* Origins::repeated(std::uint32_t removal, std::uint32_t last) const {
  for (const std::uint32_t deed : trail_.unheard_of(trail_.did(removal).lock)) {
    const bool in_time = trail_.did(deed).at_ns <= evidence_.history.events[last].at_ns;
    if (in_time && trail_.recorded(deed) == removal) return trail_.unheard(deed);
  }
  return nullptr;
}

const Unheard* Origins::of_break(std::uint32_t take, std::uint32_t removal) const {
  if (take == kNone || removal == kNone) return nullptr;
  const Event& made = trail_.did(take);
  for (const Unheard& request : trail_.requests()) {
    if (request.at_ns > trail_.did(removal).at_ns) break;
    if (request.file != FileOp::utime || request.call == nullptr) continue;
    const bool of_it = request.call->file == FileOp::utime && request.call->worker == made.worker &&
                       request.call->lock == made.lock;
    if (!of_it || request.at_ns < made.began_ns) continue;
    // Carried out again right after itself it changes nothing: only over a later one of its kind.
    const auto& files = trail_.files_of(made.worker);
    const bool set_back = std::ranges::any_of(files, [&](std::uint32_t i) {
      const Event& touch = evidence_.history.events[i];
      return touch.file == FileOp::utime && touch.phase == Phase::ok && touch.lock == made.lock &&
             touch.began_ns >= request.call->at_ns && touch.began_ns < request.at_ns;
    });
    if (set_back) return &request;
  }
  return nullptr;
}

const Unheard* Origins::of_claim(std::uint32_t take, std::int64_t until_ns) const {
  if (take == kNone) return nullptr;
  const Event& made = trail_.did(take);
  if (made.file != FileOp::link || made.worker == kNobody) return nullptr;
  // From its writing before that link to its writing for another.
  std::int64_t from_ns = made.began_ns;
  for (const std::uint32_t i : trail_.files_of(made.worker)) {
    const Event& event = evidence_.history.events[i];
    const bool writes =
        event.file == FileOp::open_create && event.phase == Phase::ok && event.name == made.name;
    if (!writes) continue;
    if (event.at_ns <= made.at_ns) {
      from_ns = event.began_ns;
    } else {
      until_ns = std::min(until_ns, event.began_ns);
    }
  }
  for (const Unheard& request : trail_.requests()) {
    if (request.at_ns > until_ns) break;
    const Event* const call = request.call;
    if (call == nullptr || call->worker != made.worker || call->name != made.name) continue;
    // To set the size of what is opened comes after the opening, as a request by itself.
    const bool spoils = call->file == FileOp::open_create || call->file == FileOp::unlink;
    // What comes again before its call is over finds nothing written yet.
    const bool harmless = call->phase == Phase::ok && request.at_ns <= call->at_ns;
    if (spoils && !harmless && request.at_ns > from_ns) return &request;
  }
  return nullptr;
}

void show_fault(const Unheard& request, Finding& finding) {
  const std::uint32_t fault = request.fault->id;
  if (std::ranges::find(finding.faults, fault) == finding.faults.end()) {
    finding.faults.insert(finding.faults.begin(), fault);
  }
}

std::string words_of(const Unheard& request) {
  const std::string& what = request.fault->at_operation;
  return "the server carried out a request at " + seconds(request.at_ns) +
         " of which nobody was told (" + what + ")";
}

}  // namespace holdfast::harness
