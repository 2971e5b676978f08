// Looking at a register: what a listing shows, and when it may be believed.
//
// On NFS a listing can be old for ever (version 3, two renames within one tick of the server's
// clock) unless the directory was touched; a name or directory that this client has looked up in
// vain stays missing for half a minute unless its parent was changed; and a directory that is
// written while it is read can show two values or none.
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/probe.h>
#include <holdfast/protocol/register.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast {
namespace {

constexpr int kTornAtOnce = 3;    // listings repeated without a pause: a rename may have torn them
constexpr int kCorruptLooks = 5;  // fewer may be bad luck, if they are far apart
constexpr Duration kForgetWrong = std::chrono::seconds(10);  // looks further apart tell nothing

}  // namespace

Seen Register::look() { return look_once(false); }

std::optional<Seen> Register::heard(const std::string& name) {
  if (!values_.is_value(name) || !values_.is_valid(name)) return std::nullopt;
  if (!highest_.empty() && values_.below(name, highest_)) return std::nullopt;
  Seen seen;
  seen.sight = Sight::value;
  seen.value = name;
  seen.returned = system_.clock->now();
  raise_highest(name);
  return seen;
}

Seen Register::look_afresh(Duration patience, const std::stop_token& stop) {
  const os::Stamp start = system_.clock->now();
  // Before anything is touched: it may be the other protocol's lock file, whose times are its
  // lease.
  if (!known_directory_) {
    Seen seen = look_once(false);
    if (seen.sight == Sight::foreign || seen.sight == Sight::unsupported) return seen;
  }
  for (int attempt = 1;; ++attempt) {
    Seen seen = touch_and_look();
    if (seen.fresh || seen.sight == Sight::unsupported || seen.sight == Sight::foreign) return seen;
    const Outcome outcome = outcome_of(seen.error);
    // It was made between the touch, which did not find it, and the listing.
    const bool new_made = outcome == Outcome::absent && seen.sight != Sight::missing;
    if (outcome == Outcome::refused || (outcome == Outcome::absent && !new_made)) return seen;
    if ((seen.sight == Sight::torn || new_made) && attempt < kTornAtOnce) continue;
    const Duration left = patience - os::least_elapsed(start, system_.clock->now());
    if (left <= Duration::zero() || stop.stop_requested()) return seen;
    system_.host->sleep(std::min(left, kLookAgain), stop);
  }
}

/// Fresh if the touch and the listing went well and the listing decides something.
Seen Register::touch_and_look() {
  Seen seen = look_touched();
  if (seen.sight != Sight::missing) return seen;
  // "No such directory" may be this client's own memory of having looked in vain.
  const std::string base = path_.substr(path_.rfind('/') + 1);
  const std::error_code changed = probe(parent(), (base + ".probe.").c_str());
  seen = look_touched();
  if (seen.sight != Sight::missing) return seen;
  seen.error = changed;
  seen.fresh = !changed;
  return seen;
}

Seen Register::look_touched() {
  const std::error_code touched = stir();
  Seen seen = look_once(!touched);
  if (touched && seen.sight != Sight::failed) seen.error = touched;
  seen.fresh = !touched && (seen.sight == Sight::value || seen.sight == Sight::corrupt);
  if (seen.certain()) settle(seen.value);
  return seen;
}

/// Changes the directory, so that no cached listing of it stays valid.
std::error_code Register::stir() {
  const std::error_code touched = note(system_.files->touch(path_), "utimensat", path_);
  if (!touched || outcome_of(touched) == Outcome::absent) return touched;
  // A probe is made through the path: only where that is a directory, and no link to one.
  os::Listing listing;
  const std::error_code error = system_.files->list(path_, 1, listing);
  return error ? error : probe(path_, ".probe.");
}

std::optional<os::ServerTime> Register::server_time() {
  os::FileStatus status;
  if (probe(path_, ".probe.", &status)) return std::nullopt;
  return status.changed;
}

Duration Register::missed(int& misses) {
  if (misses > 0) probe(path_, ".probe.");
  return kLookAgain * (1 << std::min(misses++, kMostMisses));
}

/// Makes and removes a file in the directory, so that no cache of it stays valid.
std::error_code Register::probe(const std::string& directory, const char* prefix,
                                os::FileStatus* status) {
  return holdfast::probe(system_, directory, prefix, settings_.file_mode, last_failure_, status);
}

Seen Register::look_once(bool touched) {
  Seen seen;
  const os::Stamp started = system_.clock->now();
  const std::error_code error = system_.files->list(path_, kMostNames, listing_);
  seen.returned = system_.clock->now();
  if (!error) {
    read_listing(touched, started, seen);
  } else if (outcome_of(error) == Outcome::absent) {
    seen.sight = Sight::missing;
  } else if (error == std::errc::not_a_directory ||
             error == std::errc::too_many_symbolic_link_levels) {
    judge_foreign(seen);
  } else {
    seen.error = note(error, "list", path_);
  }
  if (seen.sight == Sight::value || seen.sight == Sight::missing) wrong_looks_ = 0;
  known_directory_ = !error || (known_directory_ && seen.sight == Sight::failed);
  return seen;
}

void Register::read_listing(bool touched, os::Stamp started, Seen& seen) {
  // Who waits sees the same value again and again: what is known needs no reading.
  const auto is_known = [this](const std::string& name) { return name == highest_; };
  std::size_t values = 0;
  const std::string* value = nullptr;
  for (const std::string& name : listing_.names) {
    if (!values_.is_value(name)) continue;
    if (!is_known(name) && !values_.is_valid(name)) {
      seen.sight = Sight::unsupported;
      return;
    }
    ++values;
    value = &name;
  }
  if (values != 1 || !listing_.complete) {
    seen.sight = judge_wrong(Sight::torn, touched, started, seen.returned);
    return;
  }
  seen.value = *value;
  if (!is_known(seen.value) && !highest_.empty() && values_.below(seen.value, highest_)) {
    seen.sight = judge_wrong(Sight::old, touched, started, seen.returned);
    return;
  }
  seen.sight = Sight::value;
  raise_highest(seen.value);
}

/// A torn or old listing decides nothing. Only if the very same one persists over seconds, and
/// after a touch, it is no longer the cache's or the reader's doing.
Sight Register::judge_wrong(Sight sight, bool touched, os::Stamp started, os::Stamp returned) {
  std::vector<std::string> names;
  std::copy_if(listing_.names.begin(), listing_.names.end(), std::back_inserter(names),
               values_.is_value);
  std::sort(names.begin(), names.end());
  const bool same = wrong_looks_ > 0 && wrong_ == sight && wrong_names_ == names &&
                    os::least_elapsed(wrong_last_, started) < kForgetWrong;
  if (!same) {
    wrong_ = sight;
    wrong_names_ = std::move(names);
    wrong_since_ = returned;
    wrong_looks_ = 0;
  }
  wrong_last_ = returned;
  ++wrong_looks_;
  const bool persists = os::least_elapsed(wrong_since_, started) >= kCorruptAfter;
  if (!touched || !persists || wrong_looks_ < kCorruptLooks) return sight;
  // The register has gone back, by a restored backup or a server that forgot. Having been told, the
  // caller may start from what is there, as a new process would.
  if (sight == Sight::old) highest_.clear();
  return Sight::corrupt;
}

/// What is there instead of a directory; looked up without following a symbolic link.
void Register::judge_foreign(Seen& seen) {
  os::FileStatus status;
  const std::error_code error =
      note(system_.files->status(path_, os::Revalidate::forced, status), "stat", path_);
  if (error || status.type == os::FileType::directory) {
    seen.error = error ? error : std::make_error_code(std::errc::resource_unavailable_try_again);
    return;
  }
  seen.sight = Sight::foreign;
  seen.type = status.type;
}

}  // namespace holdfast
