// Clearing a lock whose time is over, or whose holder is dead.
//
// Between the look that shows an expired lock and its removal another may have cleared it and taken
// it. So those of this library do it one at a time, under a baton; and since flufl.lock does not
// ask for that, the file is moved aside, looked at again, and linked back if it is not the one that
// was judged.
#include <holdfast/protocol/link.h>
#include <holdfast/protocol/outcome.h>

#include <chrono>

namespace holdfast {
namespace {

constexpr Duration kMovePatience = std::chrono::seconds(1);
constexpr Duration kClearing = std::chrono::seconds(2);  // the lifetime of the breakers' baton
constexpr Duration kBusyAgain = std::chrono::milliseconds(100);  // while another clears it
constexpr std::size_t kMostSwept = 10'000;
constexpr Duration kBarredAgain = std::chrono::seconds(1);

bool is_forbidden(const std::error_code& error) {
  return error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
}

}  // namespace

Link::Step Link::clear(Attempt& attempt, const Sighting& stale, const std::string& contents) {
  attempt.clear_at = system_.clock->now().raw + kBusyAgain;
  std::error_code error;
  Request request;
  request.stop = attempt.request.stop;
  breaker().acquire(Patience::none(), request, error);
  // The baton of another user may be closed to us, while the lock itself is not: then what is left
  // of the race between breakers is the moment in which a file is aside.
  const bool alone = !error || is_forbidden(error);
  if (error == Errc::timed_out || error == Errc::outcome_unknown || error == Errc::cancelled) {
    return Step::wait;
  }
  if (!alone) {
    failure_ = breaker().last_failure();
    return barred(attempt, error);
  }
  const Step step = clear_alone(attempt, stale, contents);
  // What cannot be given back in this moment runs out, and is settled by the next acquire.
  if (breaker().owes_release()) breaker().release(error);
  return step;
}

Link::Step Link::clear_alone(Attempt& attempt, const Sighting& stale, const std::string& contents) {
  if (!is_stale_one(path_, stale, contents)) return Step::wait;
  switch (aside_.move(kMovePatience)) {
    case Moved::no: return Step::look;
    case Moved::refused: failure_ = aside_.last_failure(); return barred(attempt, failure_.code);
    case Moved::unknown: failure_ = aside_.last_failure(); return troubled(attempt, failure_.code);
    case Moved::yes: break;
  }
  if (!is_stale_one(aside_.path(), stale, contents)) {
    // Its holder has renewed it, or it is the next one's: back with it.
    if (aside_.put_back(kMovePatience)) failure_ = aside_.last_failure();
    return Step::wait;
  }
  aside_.discard();
  remove_claim_of(contents, stale);
  sweep();
  ++pace_.counts().take_overs;
  return Step::look;
}

/// Who may not break it waits for its holder, and if for ever, is told after a lifetime.
Link::Step Link::barred(Attempt& attempt, std::error_code error) {
  const os::Stamp now = system_.clock->now();
  attempt.clear_at = now.raw + kBarredAgain;
  if (!attempt.barred_since) attempt.barred_since = now;
  const bool long_ago = os::least_elapsed(*attempt.barred_since, now) >= options_.lifetime;
  if (!attempt.patience.is_for_ever() || !long_ago) return Step::wait;
  attempt.error = error;
  return Step::end;
}

/// The same file, with the same contents, and not renewed since.
bool Link::is_stale_one(const std::string& path, const Sighting& stale,
                        const std::string& contents) {
  os::FileStatus status;
  std::string found;
  return !look(path, status) && status.type == os::FileType::regular &&
         Sighting{status.device, status.inode, status.modified} == stale && !read(path, found) &&
         found == contents;
}

/// Only a file beside our own lock that is named as its claims are, and is the very file that was
/// the lock: what the contents spell is never followed.
void Link::remove_claim_of(const std::string& contents, const Sighting& stale) {
  const std::optional<Claim> claim = form_.parse_contents(contents);
  if (!claim) return;
  const std::string path = form_.path(*claim);
  os::FileStatus status;
  if (system_.files->status(path, os::Revalidate::forced, status)) return;
  if (status.device == stale.device && status.inode == stale.inode) system_.files->unlink(path);
}

/// What processes of this machine have left that ended while they waited, or in the middle of a
/// step: a break tells that some did.
void Link::sweep() {
  os::Listing found;
  const std::string directory = form_.directory().empty() ? "." : form_.directory();
  if (system_.files->list(directory, kMostSwept, found)) return;
  for (const std::string& name : found.names) {
    if (is_of_the_dead(name)) system_.files->unlink(form_.directory() + name);
  }
}

/// A claim that is not the lock, or a lock that was moved aside, of a process that is proved dead.
/// Nobody else uses either name.
bool Link::is_of_the_dead(const std::string& name) {
  const std::string path = form_.directory() + name;
  std::optional<Claim> claim = form_.parse_name(name);
  if (claim) {
    os::FileStatus status;
    return is_dead(*claim) && !system_.files->status(path, os::Revalidate::forced, status) &&
           status.type == os::FileType::regular && status.links == 1;
  }
  std::string contents;
  if (!Aside::is_name(form_.base(), name)) return false;
  if (system_.files->read(path, kMostClaimContents, contents)) return false;
  claim = form_.parse_contents(contents);
  return claim && is_dead(*claim);
}

/// The process of a claim, where its end could be proved from here.
std::optional<os::Process> Link::provable(const Claim& claim) const {
  const bool ours = claim.host == host_ && made_on_machine(claim, self_);
  if (!options_.proof_of_death || !ours) return std::nullopt;
  // Its start is not known, so of a pid that is in use again nothing is proved.
  return os::Process{self_.host, claim.pid, 0, self_.machine};
}

bool Link::is_dead(const Claim& claim) const {
  const std::optional<os::Process> holder = provable(claim);
  return holder && system_.host->life(*holder) == os::Life::proved_dead;
}

Baton& Link::breaker() {
  if (!breaker_) {
    Options options;
    options.lifetime = kClearing;
    options.max_poll = options_.max_poll;
    options.directory_mode = options_.directory_mode;
    options.file_mode = options_.file_mode;
    options.proof_of_death = options_.proof_of_death;
    breaker_ = std::make_unique<Baton>(path_ + ".break", options, system_);
  }
  return *breaker_;
}

}  // namespace holdfast
