// Taking a lock: by linking a claim whose time was set just before, again and again until the lock
// file is that claim.
#include <holdfast/protocol/link.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kReadAgain = std::chrono::milliseconds(100);
constexpr int kVanishes = 3;  // in a row, before they are waited for

}  // namespace

Grant Link::acquire(Patience patience, const Request& request, std::error_code& error) {
  if (!may_acquire(error)) return {};
  if (request.min_token > 0) {  // there are no tokens here that could be promised
    error = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  Attempt attempt{{patience, request, system_.clock->now()}};
  const Step step = persist(
      attempt, begin(attempt), [&] { return turn(attempt); }, [&] { return pause(attempt); });
  if (step == Step::granted) return attempt.granted;
  error = end(attempt);
  return {};
}

/// What an earlier call has left goes first: a hold whose lease is over, a claim, a doubtful link.
Link::Step Link::begin(Attempt& attempt) {
  if (phase_ == Phase::none && !claim_.made) {
    pace_.not_needed();
    return Step::look;
  }
  const Duration most = std::max(kSettle, options_.lifetime);
  const std::error_code error = give_back(std::clamp(attempt.patience.limit(), kSettle, most));
  if (!claim_.doubtful && error != Errc::outcome_unknown) return Step::look;
  attempt.error = Errc::outcome_unknown;
  return Step::end;
}

/// Who waits only looks, since every other operation would wake those who wait beside it; but now
/// and then the server itself is asked, by a link, whatever this client has cached.
Link::Step Link::turn(Attempt& attempt) {
  if (attempt.seen && !pace_.touch_due()) {
    const Step step = contend(attempt);
    if (step != Step::look) return step;
  }
  if (!place_checked_) {
    if (const std::error_code error = check_place()) return troubled(attempt, error);
  }
  if (!claim_.made) {
    if (const std::error_code error = make_claim()) return troubled(attempt, error);
  }
  return try_link(attempt);
}

Link::Step Link::try_link(Attempt& attempt) {
  // The lease runs from before its time is set, and the link follows at once. Were the claim's time
  // an old one, another could break the lock in the moment in which it is made.
  const os::Stamp sent = system_.clock->now();
  const std::error_code timed =
      system_.files->set_modified(claim_.path, system_.clock->wall() + options_.lifetime);
  if (outcome_of(timed) == Outcome::absent) return claim_is_gone(attempt);
  if (timed) return troubled(attempt, note(timed, "utimensat", claim_.path));
  const std::error_code linked = system_.files->link(claim_.path, path_);
  if (linked) note(linked, "link", path_);
  if (outcome_of(linked) == Outcome::unknown) claim_.doubtful = true;
  return judge_claim(attempt, linked, sent);
}

/// Whatever was answered: the lock is ours if our claim has another name, and that is the lock's.
Link::Step Link::judge_claim(Attempt& attempt, std::error_code linked, os::Stamp sent) {
  os::FileStatus claim;
  const std::error_code error = look(claim_.path, claim);
  if (outcome_of(error) == Outcome::absent) return claim_is_gone(attempt);
  if (error) {
    claim_.doubtful = true;
    return troubled(attempt, error);
  }
  claim_.device = claim.device;
  claim_.inode = claim.inode;
  if (claim.links < 2) return not_ours(attempt, linked);
  os::FileStatus lock;
  const std::error_code unseen = look(path_, lock);
  if (!unseen && is_claims_file(lock)) return grant(attempt, sent);
  // Our claim has another name, and what is shown at the lock's may be out of date.
  claim_.doubtful = true;
  if (!unseen || is_gone(unseen)) return not_ours(attempt, linked);
  return troubled(attempt, unseen);
}

Link::Step Link::not_ours(Attempt& attempt, std::error_code linked) {
  if (!linked || linked == std::errc::file_exists) {
    attempt.trouble.clear();
    return contend(attempt);
  }
  if (outcome_of(linked) == Outcome::absent) {
    // The claim is there, so it is this client that does not see it yet, or the directory is gone.
    attempt.pause = kShortPause;
    return Step::wait;
  }
  return troubled(attempt, note(linked, "link", path_));
}

/// `claim_` is the lock: it is ours, if its lease still runs.
Link::Step Link::grant(Attempt& attempt, os::Stamp sent) {
  phase_ = Phase::held;
  lease_ = {sent, options_.lifetime};
  open_.reset();
  if (lease_left(system_.clock->now()) > Duration::zero()) {
    attempt.granted.lease_end = sent.raw + options_.lifetime;
    return Step::granted;
  }
  const std::error_code error = give_back(kSettle);
  if (phase_ == Phase::none && !claim_.made) return Step::look;
  attempt.error = error;
  return Step::end;
}

/// Somebody else's file is at the lock's path, as it seems.
Link::Step Link::contend(Attempt& attempt) {
  os::FileStatus status;
  const std::error_code error = look(path_, status);
  if (is_gone(error)) {
    attempt.seen.reset();
    pace_.saw(true);
    // A link says that it is there, a look that it is not: held for a moment, or an old answer.
    return ++attempt.vanished <= kVanishes ? Step::look : Step::wait;
  }
  attempt.vanished = 0;
  if (error) return troubled(attempt, error);
  attempt.error = error_of_type(status.type);
  if (attempt.error) return Step::end;
  if (claim_.inode != 0 && is_claims_file(status)) return Step::look;  // a link of ours, after all
  return wait_for(attempt, {status.device, status.inode, status.modified});
}

Link::Step Link::wait_for(Attempt& attempt, const Sighting& seen) {
  // A renewal says that nothing will happen for a while; another file, that locks change hands.
  pace_.saw(!attempt.seen || attempt.seen->inode != seen.inode);
  if (attempt.seen != seen) {
    attempt.seen = seen;
    attempt.clear_at.reset();
    attempt.barred_since.reset();
    learn_holder(attempt);
  }
  ask_for_death(attempt);
  const Duration left =
      os::WallTime(seen.modified.time_since_epoch()) + options_.slop - system_.clock->wall();
  const bool due = !attempt.clear_at || system_.clock->now().raw >= *attempt.clear_at;
  if (due && (left < Duration::zero() || attempt.dead)) {
    if (attempt.contents.empty()) learn_holder(attempt);
    if (!attempt.contents.empty()) return clear(attempt, seen, attempt.contents);
    attempt.clear_at = system_.clock->now().raw + kReadAgain;
  }
  if (left > Duration::zero()) attempt.pause = left + std::chrono::milliseconds(1);
  return Step::wait;
}

/// Only what is a claim of this lock may ever be broken: all else is somebody's own file.
void Link::learn_holder(Attempt& attempt) {
  attempt.contents.clear();
  attempt.holder.reset();
  attempt.prove_at.reset();
  attempt.dead = false;
  std::string contents;
  if (read(path_, contents)) return;
  const std::optional<Claim> claim = form_.parse_contents(contents);
  if (!claim) return;
  attempt.contents = std::move(contents);
  attempt.holder = provable(*claim);
}

void Link::ask_for_death(Attempt& attempt) {
  const os::RawTime now = system_.clock->now().raw;
  if (attempt.dead || !attempt.holder || (attempt.prove_at && now < *attempt.prove_at)) return;
  attempt.prove_at = now + kProveAgain;
  attempt.dead = system_.host->life(*attempt.holder) == os::Life::proved_dead;
}

/// An error that may pass is waited for; one that stays for a whole lifetime is told, since who
/// waits for ever wants to know.
Link::Step Link::troubled(Attempt& attempt, std::error_code error) {
  const bool of_system = error.category() == std::system_category();
  if (!of_system || (!is_passing(error) && !is_retried(error))) {
    attempt.error = error;
    return Step::end;
  }
  if (!stays(attempt, error)) return Step::wait;
  attempt.error = error;
  return Step::end;
}

/// A cleaner, or a breaker, has removed our claim: it is made anew. The lock may have been linked
/// from it all the same, and must not stay behind.
Link::Step Link::claim_is_gone(Attempt& attempt) {
  claim_.doubtful = true;
  if (const std::error_code error = drop_claim(kSettle)) return troubled(attempt, error);
  return Step::look;
}

Link::Step Link::pause(Attempt& attempt) {
  if (wait(attempt) == os::Wake::ended) attempt.prove_at.reset();
  return Step::look;
}

/// Whatever the call ends with: if the lock may be, or come to be, held in our name, that is said.
std::error_code Link::end(Attempt& attempt) {
  give_back(kSettle);
  const bool settled = phase_ == Phase::none && !claim_.doubtful;
  return settled ? attempt.error : make_error_code(Errc::outcome_unknown);
}

/// Once per object: that this is no lock of the other protocol, and that names are what counts.
std::error_code Link::check_place() {
  os::FileStatus status;
  const std::error_code error = look(path_, status);
  if (!error && status.type != os::FileType::regular) return error_of_type(status.type);
  os::FileSystem found;
  const std::string directory = form_.directory().empty() ? "." : form_.directory();
  if (const std::error_code failed = system_.files->file_system(directory, found)) {
    return note(failed, "statfs", directory);
  }
  if (!found.renames_by_name) return Errc::unsupported_file_system;
  place_checked_ = true;
  return {};
}

}  // namespace holdfast
