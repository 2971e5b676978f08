// Claims and lock files: making one's own, dropping it, and telling whose a file is.
#include <holdfast/protocol/link.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(20);
constexpr Duration kReadPatience = std::chrono::seconds(2);  // with errors that are to be retried
constexpr int kDraws = 4;  // of a name that somebody else has by chance

}  // namespace

void Link::draw_claim() {
  identify();
  const Claim claim{host_, self_.pid, marked_random(self_, system_.host->random_bits())};
  claim_ = {form_.path(claim)};
}

/// Makes a claim that nothing was ever done with. After an error none is there that will be used.
std::error_code Link::make_claim() {
  std::error_code error;
  for (int draw = 0; draw < kDraws; ++draw) {
    if (claim_.path.empty() || draw > 0) draw_claim();
    error = system_.files->create(claim_.path, claim_.path, options_.file_mode);
    if (!error) {
      claim_.made = true;
      return {};
    }
    note(error, "create", claim_.path);
    if (error == std::errc::file_exists) continue;
    // It may be there, empty or in part, or come to be: not a claim that anybody may link.
    system_.files->unlink(claim_.path);
    claim_ = {};
    return error;
  }
  claim_ = {};
  return error;
}

/// Removes the claim, and with it whatever may still come of it. Clear when nothing of it is left:
/// no file, and no lock that is or can come to be ours.
std::error_code Link::drop_claim(Duration patience) {
  const os::Stamp start = system_.clock->now();
  while (claim_.made) {
    const std::error_code error = drop_claim_once(patience_left(start, patience));
    if (!error) break;
    if (!is_passing(error) || patience_left(start, patience) == Duration::zero()) return error;
    system_.host->sleep(kPause, {});
  }
  claim_ = {};
  return {};
}

/// A link of a file that has no name left is refused by the server. So once the claim is gone, only
/// what was linked before can be there, and then it is seen.
std::error_code Link::drop_claim_once(Duration patience) {
  const std::error_code error = system_.files->unlink(claim_.path);
  if (error && outcome_of(error) != Outcome::absent) return note(error, "unlink", claim_.path);
  if (!claim_.doubtful) return {};
  switch (whose(path_)) {
    case Whose::unknown: return failure_.code;
    case Whose::ours: {
      const std::error_code removed = remove_lock(patience);
      return removed == Errc::lost ? std::error_code() : removed;
    }
    default: return {};
  }
}

bool Link::is_claims_file(const os::FileStatus& status) const {
  return status.inode == claim_.inode && status.device == claim_.device;
}

/// Whether our claim has another name than the lock's: a breaker has the lock in its hands, and
/// will look whether it was the one to break.
bool Link::is_aside() {
  os::FileStatus claim;
  return !system_.files->status(claim_.path, os::Revalidate::forced, claim) &&
         is_claims_file(claim) && claim.links > 1;
}

/// Whether the lock is not at its name, and cannot come back there.
bool Link::is_gone_for_good() { return whose(path_) == Whose::missing && !is_aside(); }

/// Inode numbers are used again as soon as a file is gone, so the contents must be ours as well.
Link::Whose Link::whose(const std::string& path) {
  os::FileStatus seen;
  if (const std::error_code error = look(path, seen)) {
    return outcome_of(error) == Outcome::absent ? Whose::missing : Whose::unknown;
  }
  if (seen.type != os::FileType::regular) return Whose::others;
  if (claim_.inode != 0 && !is_claims_file(seen)) return Whose::others;
  std::string contents;
  if (const std::error_code error = read(path, contents)) {
    if (outcome_of(error) == Outcome::absent) return Whose::missing;
    return error == std::errc::file_too_large ? Whose::others : Whose::unknown;
  }
  return contents == claim_.path ? Whose::ours : Whose::others;
}

std::error_code Link::look(const std::string& path, os::FileStatus& found) {
  return note(system_.files->status(path, os::Revalidate::forced, found), "stat", path);
}

/// What a claim could contain; an error of those that the user has named is tried again.
std::error_code Link::read(const std::string& path, std::string& contents) {
  const os::Stamp start = system_.clock->now();
  for (;;) {
    const std::error_code error = system_.files->read(path, kMostClaimContents, contents);
    if (!error || !is_retried(error)) return note(error, "read", path);
    if (patience_left(start, kReadPatience) == Duration::zero()) return note(error, "read", path);
    system_.host->sleep(kPause, {});
  }
}

}  // namespace holdfast
