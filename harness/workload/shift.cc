#include "harness/workload/shift.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/scenario/draw.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
/// Which share of failures and of successes is checked by asking the lock for its state.
constexpr std::uint64_t kProbeFailures = 4;
constexpr std::uint64_t kProbeSuccesses = 16;
/// After an operation that failed by an error: the next one would fail at once, too.
constexpr Nanoseconds kAfterError = std::chrono::milliseconds(10);
/// A release that fails by an error is tried again: the lock is still held.
constexpr int kReleaseAttempts = 5;
/// A contender that ends by itself is noticed at least this often inside a hold.
constexpr std::int64_t kLookAfterContender = 10'000'000;

const char* name(Op operation) {
  switch (operation) {
    case Op::acquire: return "acquire";
    case Op::refresh: return "refresh";
    case Op::release: return "release";
    default: return "operation";
  }
}

}  // namespace

Shift::Shift(const Work& work, std::int64_t patience_ns, Contender& contender,
             ProtectedResource* resource, Journal journal, Random random, ShiftDoors doors)
    : work_(work),
      patience_ns_(patience_ns),
      contender_(contender),
      resource_(resource),
      journal_(journal),
      random_(random),
      doors_(std::move(doors)) {}

Result<WorkerEnd> Shift::run(const std::stop_token& stop) {
  intended_ns_ = doors_.now_ns();
  while (!stop.stop_requested()) {
    const std::int64_t start = next_start(stop);
    if (stop.stop_requested()) break;
    if (auto done = cycle(start, stop); !done) return tl::unexpected(done.error());
    if (contender_.ended() && !stop.stop_requested()) return WorkerEnd::contender_ended;
    if (journal_.failed()) {
      return problem("", "no room is left for the history: the disk of the run's folder is full");
    }
  }
  journal_.ok(Op::worker);
  return WorkerEnd::in_order;
}

std::int64_t Shift::next_start(const std::stop_token& stop) {
  if (!work_.arrivals) {
    const Nanoseconds think = draw(work_.think, random_);
    if (think.count() > 0) doors_.sleep(think);
    return 0;
  }
  intended_ns_ += draw(*work_.arrivals, random_).count();
  while (!stop.stop_requested()) {
    const std::int64_t early = intended_ns_ - doors_.now_ns();
    if (early <= 0) break;
    doors_.sleep(Nanoseconds(early));
  }
  return intended_ns_;
}

Result<void> Shift::cycle(std::int64_t start_ns, const std::stop_token& stop) {
  journal_.acquire(start_ns, patience_ns_ < 0 ? 0 : doors_.now_ns() + patience_ns_);
  const Answer answer = contender_.acquire(Nanoseconds(patience_ns_), stop);
  journal_.answer(Op::acquire, answer, answer.token);
  if (answer.phase != Phase::ok) {
    not_granted(answer, stop);
    return {};
  }
  Hold hold{answer.token, answer.until_ns, true, false};
  notify(Op::enter, hold);
  auto result = inside(hold, stop);
  notify(Op::leave, hold);
  release(hold);
  if (result && resource_ != nullptr) result = resource_->afterwards(hold.token);
  return result;
}

void Shift::not_granted(const Answer& answer, const std::stop_token& stop) {
  if (answer.phase == Phase::info) {
    complain(Op::acquire, answer);
    if (contender_.ended()) return;
    // The request may still be applied: giving back is what the lock's contract asks for.
    Hold perhaps;
    release(perhaps);
    return;
  }
  probe(kProbeFailures, 0);
  if (answer.why == Why::timeout || answer.why == Why::cancelled) return;
  complain(Op::acquire, answer);
  if (!stop.stop_requested()) doors_.sleep(kAfterError);
}

Result<void> Shift::inside(Hold& hold, const std::stop_token& stop) {
  probe(kProbeSuccesses, hold.token);
  if (resource_ != nullptr) {
    const auto entry = resource_->enter(hold.token);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry == ProtectedResource::Entry::refused) return {};
  }
  stay(hold, stop);
  if (contender_.ended() || resource_ == nullptr) return {};
  return resource_->leave(hold.token, hold.lost);
}

void Shift::stay(Hold& hold, const std::stop_token& stop) {
  const std::int64_t begin = doors_.now_ns();
  const std::int64_t end = begin + draw(work_.hold, random_).count();
  const bool refreshes = work_.refresh_every && contender_.traits().refresh;
  std::int64_t next = refreshes ? begin + work_.refresh_every->count() : kNever;
  for (;;) {
    const std::int64_t now = doors_.now_ns();
    if (hold.until_ns != 0 && now >= hold.until_ns) told(hold);
    if (hold.lost || now >= end || stop.stop_requested() || contender_.ended()) return;
    if (now >= next) {
      refresh(hold);
      next = doors_.now_ns() + work_.refresh_every->count();
      continue;
    }
    const std::int64_t lease = hold.until_ns != 0 ? hold.until_ns : kNever;
    const std::int64_t wake = std::min({end, next, lease, now + kLookAfterContender});
    doors_.sleep(Nanoseconds(wake - now));
  }
}

void Shift::refresh(Hold& hold) {
  journal_.invoke(Op::refresh, hold.token);
  const Answer answer = contender_.refresh();
  journal_.answer(Op::refresh, answer, hold.token);
  if (answer.phase == Phase::fail) {
    if (answer.why == Why::lost || answer.why == Why::not_held) return told(hold);
    complain(Op::refresh, answer);
    return;  // the lease that is running is still good
  }
  if (answer.phase == Phase::info) complain(Op::refresh, answer);
  if (answer.until_ns != 0) hold.until_ns = answer.until_ns;
  if (answer.phase == Phase::ok) probe(kProbeSuccesses, hold.token);
}

Answer Shift::release_once(const Hold& hold) {
  journal_.invoke(Op::release, hold.token);
  const Answer answer = contender_.release();
  journal_.answer(Op::release, answer, hold.token);
  return answer;
}

void Shift::release(Hold& hold) {
  for (int attempt = 1; attempt <= kReleaseAttempts; ++attempt) {
    const Answer answer = release_once(hold);
    if (answer.phase == Phase::ok) return;
    const bool gone = answer.why == Why::lost || answer.why == Why::not_held;
    if (answer.phase == Phase::fail && gone) {
      if (hold.granted) told(hold);
      return;
    }
    complain(Op::release, answer);
    if (answer.phase == Phase::info || contender_.ended()) return;
    doors_.sleep(kAfterError);
  }
}

void Shift::told(Hold& hold) {
  if (!hold.lost) journal_.ok(Op::told, hold.token);
  hold.lost = true;
}

void Shift::notify(Op what, const Hold& hold) {
  if (!doors_.notify || contender_.ended()) return;
  journal_.invoke(what, hold.token);
  const auto heard_ns = doors_.notify();
  if (heard_ns) {
    journal_.heard(what, hold.token, *heard_ns);
  } else {
    journal_.info(what, hold.token);
  }
}

void Shift::probe(std::uint64_t one_in, std::uint64_t token) {
  if (!contender_.traits().state || contender_.ended() || random_.below(one_in) != 0) return;
  journal_.invoke(Op::probe, token);
  const ProbedState state = contender_.probe();
  if (state == ProbedState::unknown) {
    journal_.info(Op::probe, token);
  } else {
    journal_.ok(Op::probe, token, static_cast<std::uint64_t>(state));
  }
}

void Shift::complain(Op operation, const Answer& answer) {
  doors_.complain(std::string(name(operation)) +
                  (answer.phase == Phase::info ? ": outcome unknown: " : " failed: ") +
                  answer.message);
}

}  // namespace holdfast::harness
