#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/register.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace holdfast {
namespace {

/// For want of a right, which no other sending of the request had.
bool is_denied(const std::error_code& error) {
  return error.value() == EACCES || error.value() == EPERM || error.value() == EROFS;
}

}  // namespace

bool Swap::unseen() const {
  return outcome == Swapped::failed && outcome_of(error) == Outcome::absent;
}

Register::Register(std::string path, Values values, os::System system, RegisterSettings settings)
    : path_(std::move(path)),
      values_(std::move(values)),
      system_(system),
      settings_(settings),
      fork_count_(system.host->fork_count()),
      from_path_(path_ + '/'),
      to_path_(from_path_) {}

Swap Register::swap(const std::string& from, const std::string& to, Duration patience,
                    const std::stop_token& stop) {
  drop_names_of_parent_process();
  Swap swap;
  const SentName* entry = find_sent(to);
  const bool sent_before = entry != nullptr;
  if (!sent_before) {
    if (!make_room(swap.seen, patience, stop)) {
      swap.error = std::make_error_code(std::errc::no_buffer_space);
      return swap;
    }
    entry = &note_sent(from, to);
  }
  swap.sent = entry->sent;
  raise_highest(from);
  from_path_.replace(path_.size() + 1, std::string::npos, from);
  to_path_.replace(path_.size() + 1, std::string::npos, to);
  swap.error = system_.files->rename(from_path_, to_path_);
  if (!swap.error) {
    if (highest_ == from) highest_ = to;  // spares a comparison of values: swaps go up
    confirm(to);
    swap.outcome = Swapped::yes;
    return swap;
  }
  note(swap.error, "rename", from_path_);
  swap.seen = look_afresh(patience, stop);
  judge_swap(from, to, sent_before, swap);
  return swap;
}

/// Room for one more sent name; false if too many requests are in doubt to send another one
/// blindly. Where the server answers, the oldest is given up: it was sent long ago. Should it be
/// applied all the same, it is taken for another's, and its lease runs out.
bool Register::make_room(Seen& seen, Duration patience, const std::stop_token& stop) {
  if (sent_.size() < kMostSent) return true;
  seen = look_afresh(patience, stop);
  if (!seen.certain()) return false;
  if (sent_.size() == kMostSent) sent_.erase(sent_.begin());
  return true;
}

/// The rename has failed in some way, and `swap.seen` is what was seen after it.
void Register::judge_swap(const std::string& from, const std::string& to, bool sent_before,
                          Swap& swap) {
  const Seen& seen = swap.seen;
  const Outcome outcome = outcome_of(swap.error);
  swap.outcome = Swapped::unknown;
  if (seen.certain()) {
    if (seen.value == to) {
      confirm(to);
      swap.outcome = Swapped::yes;
    } else if (seen.value == from) {
      // A server that had found `from` would have renamed it, so an ENOENT with `from` still there
      // came from a negative entry of this client, and nothing was sent.
      if (outcome == Outcome::unknown) return;
      if (!sent_before) forget(to);
      swap.outcome = Swapped::failed;
    } else if (values_.below(from, seen.value)) {
      swap.outcome = Swapped::no;
    }
    return;
  }
  // The whole directory is gone. If the request was answered, it is not on its way any more.
  if (seen.fresh && seen.sight == Sight::missing && outcome == Outcome::absent) {
    if (!sent_before) forget(to);
    swap.outcome = Swapped::no;
    return;
  }
  // Whoever has the right neither to rename nor to touch or list is shut out: an answer that can
  // never be made more certain than this, and far more useful than "don't know".
  const bool to_shown = seen.sight == Sight::value && seen.value == to;
  if (is_denied(swap.error) && is_denied(seen.error) && !to_shown) {
    if (!sent_before) forget(to);
    swap.outcome = Swapped::failed;
  }
}

std::error_code Register::make_durable() {
  std::error_code error = note(system_.files->sync(path_), "fsync", path_);
  if (error || parent_synced_) return error;
  error = note(system_.files->sync(parent()), "fsync", parent());
  parent_synced_ = !error;
  return error;
}

std::error_code Register::keep_young(const std::string& value) {
  return system_.files->touch(path_ + '/' + value);
}

const std::vector<SentName>& Register::sent() const {
  static const std::vector<SentName> kNone;
  return system_.host->fork_count() == fork_count_ ? sent_ : kNone;
}

const SentName* Register::find_sent(const std::string& name) const {
  for (const SentName& one : sent()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

/// Takes the stamp before the call. A name that is sent again keeps the stamp of its first sending,
/// since either request may be the one that is applied.
const SentName& Register::note_sent(const std::string& from, const std::string& to) {
  if (sent_.capacity() == 0) sent_.reserve(4);
  return sent_.emplace_back(SentName{to, from, system_.clock->now()});
}

void Register::forget(const std::string& name) {
  std::erase_if(sent_, [&](const SentName& sent) { return sent.name == name; });
}

void Register::raise_highest(const std::string& value) {
  if (highest_ == value) return;
  if (highest_.empty() || values_.below(highest_, value)) highest_ = value;
}

/// Names can only be applied while their base is there, and values only go up. So what is not the
/// value now, and was to replace something lower, never will be.
void Register::settle(const std::string& value) {
  std::erase_if(sent_, [&](const SentName& sent) {
    return sent.name != value && values_.below(sent.base, value);
  });
}

/// `to` was the value at some time during the last call.
void Register::confirm(const std::string& to) {
  if (sent_.size() == 1 && sent_.front().name == to) {
    sent_.clear();
  } else {
    forget(to);
    settle(to);
  }
  raise_highest(to);
}

/// Requests that the parent has under way are the parent's, and so is what they may bring.
void Register::drop_names_of_parent_process() {
  const std::uint64_t count = system_.host->fork_count();
  if (count == fork_count_) return;
  fork_count_ = count;
  sent_.clear();
}

std::error_code Register::note(std::error_code error, const char* call, const std::string& path) {
  if (error) last_failure_ = {error, call, path};
  return error;
}

std::string Register::parent() const {
  const std::size_t slash = path_.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path_.substr(0, slash);
}

std::uint64_t Register::nonce() { return system_.host->random_bits(); }

}  // namespace holdfast
