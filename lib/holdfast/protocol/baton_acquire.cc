// Taking a baton: from a free state, from a holder whose lease has run out or who is dead, or by
// making the lock. Each turn acts on what the newest look, or the own last step, has shown.
#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/fields.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr int kTornAtOnce = 3;  // torn listings in a row that are repeated without a pause

}  // namespace

/// What one call of acquire knows.
struct Baton::Attempt : Waiting {
  std::optional<Seen> next{};  // what the last step has shown: act on that, do not look
  bool afresh = false;         // the next look must be certain
  int torn = 0;
  int misses = 0;  // times that a rename did not find what a listing shows
};

Grant Baton::acquire(Patience patience, const Request& request, std::error_code& error) {
  if (!may_acquire(error)) return {};
  if (request.min_token > kMostGeneration) {
    error = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  Attempt attempt{{patience, request, system_.clock->now()}};
  const Step step = persist(
      attempt, take_what_was_left(attempt), [&] { return look_and_act(attempt); },
      [&] { return pause(attempt); });
  if (step == Step::granted) return attempt.granted;
  error = end(attempt);
  return {};
}

/// A lone user goes on from the state that it left: one rename, and nothing else.
Baton::Step Baton::take_what_was_left(Attempt& attempt) {
  const bool ready = !left_name_.empty() && phase_ == Phase::none && baton_.sent().empty() &&
                     left_.generation + 1 >= attempt.request.min_token &&
                     left_.generation < kMostGeneration && !attempt.request.stop.stop_requested();
  if (ready) {
    pace_.not_needed();
    return take_free(attempt, left_, left_name_);
  }
  // What an earlier call has left in doubt, or a lease that ran out, is given back first.
  if (phase_ == Phase::held) phase_ = Phase::leaving;
  if (owes_release()) settle(kSettle);
  return Step::look;
}

Baton::Step Baton::look_and_act(Attempt& attempt) {
  left_name_.clear();
  foreseen_.clear();
  Seen seen;
  if (!place_checked_) seen.error = check_place();
  if (seen.error) {
    seen.sight = Sight::failed;
  } else if (attempt.next) {
    seen = std::move(*attempt.next);
    attempt.next.reset();
  } else if (attempt.afresh || pace_.touch_due()) {
    seen = baton_.look_afresh(Duration::zero(), attempt.request.stop);
  } else {
    seen = baton_.look();
  }
  attempt.afresh = false;
  return act_on(attempt, seen);
}

Baton::Step Baton::act_on(Attempt& attempt, const Seen& seen) {
  if (seen.sight != Sight::torn) attempt.torn = 0;
  if (seen.sight != Sight::failed) attempt.trouble.clear();
  switch (seen.sight) {
    case Sight::value: return act_on_value(attempt, seen);
    case Sight::missing: return make(attempt);
    case Sight::torn:
      attempt.afresh = true;
      return ++attempt.torn < kTornAtOnce ? Step::look : Step::wait;
    case Sight::old:
      attempt.afresh = true;
      attempt.pause = kShortPause;
      return Step::wait;
    case Sight::failed:
      if (is_passing(seen.error) && !stays(attempt, seen.error)) return Step::wait;
      break;
    default: break;
  }
  attempt.error = error_of(seen);
  return Step::end;
}

Baton::Step Baton::act_on_value(Attempt& attempt, const Seen& seen) {
  // Who waits sees the same state again and again.
  if (seen.value != read_name_) {
    read_name_.clear();
    read_ = *parse_state(seen.value);
    read_name_ = seen.value;
    attempt.misses = 0;  // of another state
  }
  const BatonState state = read_;
  if (is_own(seen.value)) {
    if (seen.fresh) return turned_up(attempt, seen.value);
    attempt.afresh = true;
    return Step::look;
  }
  if (!state.held) {
    pace_.saw(true);
    return take_free(attempt, state, seen.value);
  }
  const bool change = judge_.see(seen, state);
  pace_.saw(change);
  if (judge_.rule(is_proof_due(attempt, change)) != Ruling::wait) {
    return take_over(attempt, state, seen.value);
  }
  attempt.pause = judge_.left();
  foresee_release(attempt, state);
  return Step::wait;
}

/// What would be done if the holder gives back while we wait is prepared before: between its rename
/// and ours there is then little more than the system's own time.
void Baton::foresee_release(const Attempt& attempt, const BatonState& held) {
  foreseen_.clear();
  const bool ready = phase_ == Phase::none && baton_.sent().empty() && !attempt.afresh &&
                     held.generation < kMostGeneration &&
                     held.generation + 1 >= attempt.request.min_token;
  if (!ready) return;
  BatonState free;
  free.generation = held.generation;
  free.taken = held.taken;
  write_state_name(free, foreseen_);
  prepare_take(free);
}

/// A state that passes by is not worth asking the kernel about its process: only at the first look,
/// which may be the only one, and when a state stays.
bool Baton::is_proof_due(Attempt& attempt, bool change) {
  if (change && attempt.turns > 1) {
    attempt.holder.reset();
    attempt.prove_at.reset();
    return false;
  }
  const os::RawTime now = system_.clock->now().raw;
  if (!attempt.prove_at) {
    attempt.holder = judge_.provable();
  } else if (now < *attempt.prove_at) {
    return false;
  }
  attempt.prove_at = now + kProveAgain;
  return attempt.holder.has_value();
}

/// There is no lock yet.
Baton::Step Baton::make(Attempt& attempt) {
  // From the wall clock, so that tokens normally survive a lock that is deleted and made anew.
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
                        system_.clock->wall().time_since_epoch())
                        .count();
  BatonState first;
  first.generation = wall > 0 ? static_cast<std::uint64_t>(wall) : 0;
  if (const auto highest = parse_state(baton_.highest())) {
    first.generation = std::max(first.generation, highest->generation);
  }
  if (attempt.request.min_token > 0) {
    first.generation = std::max(first.generation, attempt.request.min_token - 1);
  }
  first.generation = std::min(first.generation, kMostGeneration - 1);
  const std::string name = state_name(first);
  std::error_code error;
  switch (baton_.create(name, error)) {
    case Created::yes: return take_free(attempt, first, name);
    case Created::there:
      attempt.afresh = true;
      attempt.pause = kShortPause;
      return attempt.turns <= 1 ? Step::look : Step::wait;
    case Created::failed:
      attempt.error = error;
      failure_ = baton_.last_failure();
      return Step::end;
    case Created::unknown:
      attempt.trouble = error;
      failure_ = baton_.last_failure();
      break;
  }
  attempt.afresh = true;
  return Step::wait;
}

Baton::Step Baton::take_free(Attempt& attempt, const BatonState& from, const std::string& name) {
  if (from.generation >= kMostGeneration) {
    attempt.error = Errc::unsupported;
    return Step::end;
  }
  if (from.generation + 1 < attempt.request.min_token) return burn_forward(attempt, from, name);
  prepare_take(from);
  return take(attempt, name);
}

void Baton::prepare_take(const BatonState& free) {
  hold_.state.taken = free.taken;
  hold_.state.news = free.news;
  hold_.state.generation = free.generation + 1;
  prepare_hold();
}

/// The promise of a least token: the generations up to it are skipped.
Baton::Step Baton::burn_forward(Attempt& attempt, const BatonState& from, const std::string& name) {
  BatonState to = from;
  to.generation = attempt.request.min_token - 1;
  Swap swap = baton_.swap(name, state_name(to), kSettle, attempt.request.stop);
  attempt.afresh = true;
  switch (swap.outcome) {
    case Swapped::yes: return take_free(attempt, to, state_name(to));
    case Swapped::no:
    case Swapped::failed: return not_applied(attempt, swap);
    case Swapped::unknown: break;
  }
  attempt.trouble = swap.error;
  failure_ = baton_.last_failure();
  return Step::wait;
}

Baton::Step Baton::take_over(Attempt& attempt, const BatonState& from, const std::string& name) {
  if (from.generation >= kMostGeneration) {
    attempt.error = Errc::unsupported;
    return Step::end;
  }
  hold_.state.generation = from.generation + 1;
  hold_.state.taken = from.generation + 1;
  hold_.state.news = true;
  prepare_hold();
  const Step step = take(attempt, name);
  if (phase_ == Phase::held) ++pace_.counts().take_overs;
  return step;
}

/// One rename from the state `from` to `hold_`, which is prepared.
Baton::Step Baton::take(Attempt& attempt, const std::string& from) {
  Swap swap = baton_.swap(from, hold_.name, kSettle, attempt.request.stop);
  switch (swap.outcome) {
    case Swapped::yes: return grant(attempt, swap.sent);
    case Swapped::no:
    case Swapped::failed: return not_applied(attempt, swap);
    case Swapped::unknown: break;
  }
  failure_ = baton_.last_failure();
  return doubtful(attempt);
}

/// A rename was surely not applied: another state is there, or the system has refused.
Baton::Step Baton::not_applied(Attempt& attempt, Swap& swap) {
  if (swap.outcome == Swapped::no) {
    attempt.next = std::move(swap.seen);
    return Step::look;
  }
  failure_ = baton_.last_failure();
  if (swap.unseen()) return missed(attempt);
  attempt.error = swap.error;
  return Step::end;
}

/// A rename did not find the state that a listing shows.
Baton::Step Baton::missed(Attempt& attempt) {
  attempt.afresh = true;
  attempt.rest = baton_.missed(attempt.misses);
  return Step::wait;
}

/// Fills in what every new hold of this process has, and names it; generation, taken and news are
/// the caller's.
void Baton::prepare_hold() {
  identify();
  phase_ = Phase::none;  // what was still to be given back is gone, or the state would be that
  hold_.state.held = true;
  hold_.state.host = mine_.host;
  hold_.state.pid = mine_.pid;
  hold_.state.start = mine_.start;
  hold_.state.machine = mine_.machine;
  hold_.state.renewal = 0;
  hold_.state.lifetime = std::chrono::ceil<std::chrono::milliseconds>(options_.lifetime);
  // While one waits for the same state, the nonce alone is new.
  hold_.state.nonce = 0;
  if (stem_.empty() || hold_.state != stemmed_) {
    stem_.clear();
    stemmed_ = hold_.state;
    write_stem(stemmed_, hold_.name);
    stem_ = hold_.name;
  }
  hold_.state.nonce = system_.host->random_bits();
  hold_.name = stem_;
  append_number(hold_.name, hold_.state.nonce);
}

/// `hold_` is the lock's state: it is ours, if its lease still runs and its token is enough.
Baton::Step Baton::grant(Attempt& attempt, os::Stamp sent) {
  left_name_.clear();
  phase_ = Phase::held;
  hold_.sent = sent;
  hold_.touched = sent;
  hold_.told = false;
  hold_.on_disk.reset();
  std::error_code unsynced;
  if (options_.durable) {
    unsynced = baton_.make_durable();
    if (unsynced) failure_ = baton_.last_failure();
  }
  const bool enough = hold_.state.generation >= attempt.request.min_token;
  if (!unsynced && enough && lease_left(system_.clock->now()) > Duration::zero()) {
    hold_.told = true;
    attempt.granted = {hold_.state.generation, sent.raw + hold_.state.lifetime, hold_.state.news};
    return Step::granted;
  }
  // Late, or not what was asked for: back with it, and the next one learns what we did not tell.
  phase_ = Phase::leaving;
  give_back(true, kSettle);
  if (unsynced || owes_release()) {
    attempt.error = unsynced ? unsynced : Errc::outcome_unknown;
    return Step::end;
  }
  // Given back, or taken over by somebody whose patience was over as well: nothing of ours is left.
  attempt.afresh = true;
  return Step::look;
}

/// The state is a name that this process has sent: in this call, or in an earlier one that ended
/// without having learnt of it.
Baton::Step Baton::turned_up(Attempt& attempt, const std::string& name) {
  const SentName* const sent = baton_.find_sent(name);
  const os::Stamp since = sent != nullptr ? sent->sent : hold_.sent;
  const bool of_this_call = sent != nullptr && since.raw >= attempt.start.raw;
  adopt(name);
  if (of_this_call && hold_.state.renewal == 0) return grant(attempt, since);
  attempt.afresh = true;
  return give_back(!hold_.told, kSettle) ? Step::wait : Step::look;
}

/// A request of ours may be applied, now or later. Nothing else may be tried before that is
/// settled: by our name in the listing, by another state, or by burning the state that it was to
/// replace.
Baton::Step Baton::doubtful(Attempt& attempt) {
  const Duration left = patience_left(attempt.start, attempt.patience.limit());
  os::Stamp start = system_.clock->now();
  for (;;) {
    const Seen seen = baton_.look_afresh(kShortPause, attempt.request.stop);
    if (seen.certain() && is_own(seen.value)) return turned_up(attempt, seen.value);
    if (settle_once(seen, kSettle)) break;
    const bool stopped = attempt.request.stop.stop_requested();
    if (patience_left(start, stopped ? kSettle : std::max(left, kSettle)) == Duration::zero()) {
      attempt.error = Errc::outcome_unknown;
      return Step::end;
    }
    system_.host->sleep(kShortPause, {});
  }
  attempt.afresh = true;
  return Step::look;
}

Baton::Step Baton::pause(Attempt& attempt) {
  const os::Wake wake = wait(attempt);
  if (wake == os::Wake::ended) attempt.prove_at = system_.clock->now().raw;
  // What was renamed on this host need not be listed. Where a look has to be certain, or is due
  // to be, nothing replaces it.
  if (wake != os::Wake::changed || attempt.afresh || pace_.touch_due()) return Step::look;
  if (!foreseen_.empty() && pace_.arrived() == foreseen_) {
    attempt.trouble.clear();
    pace_.saw(true);
    return take(attempt, std::exchange(foreseen_, {}));
  }
  attempt.next = baton_.heard(pace_.arrived());
  return Step::look;
}

/// Whatever the call ends with: if the lock may be, or come to be, held in our name, that is said.
std::error_code Baton::end(Attempt& attempt) {
  const bool settled = !owes_release() || settle(kSettle);
  return settled ? attempt.error : make_error_code(Errc::outcome_unknown);
}

/// Once per object: whether renames are judged by name here, and how long a name may be.
std::error_code Baton::check_place() {
  os::FileSystem found;
  std::string asked = baton_.path();
  std::error_code error = system_.files->file_system(asked, found);
  if (outcome_of(error) == Outcome::absent) {
    const std::size_t slash = asked.rfind('/');
    asked = slash == std::string::npos ? "." : slash == 0 ? "/" : asked.substr(0, slash);
    error = system_.files->file_system(asked, found);
  }
  if (error) return note(error, "statfs", asked);
  if (!found.renames_by_name) return Errc::unsupported_file_system;
  if (found.name_max < kMostStateNameWithoutHost) {
    return note({ENAMETOOLONG, std::system_category()}, "statfs", asked);
  }
  host_bytes_ = std::min(kMostHost, found.name_max - kMostStateNameWithoutHost);
  place_checked_ = true;
  return {};
}

}  // namespace holdfast
