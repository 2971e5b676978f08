#include <holdfast/fence.h>
#include <holdfast/fence_blobs.h>
#include <holdfast/protocol/fence_value.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/register.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

/// For how long a doubtful answer is looked into before it is `outcome_unknown`.
constexpr Duration kPatience = std::chrono::seconds(5);
constexpr Duration kReadAgain = std::chrono::milliseconds(20);
/// Each swap that fails for good shows a higher value, so these bound only mischief.
constexpr int kMostSwaps = 64;
constexpr int kMostReads = 100;
constexpr int kMostReadsOfOneBlob = 12;  // within some five seconds
constexpr int kMostDoublings = 5;        // of the rest between two of them

Values fence_values() {
  return {[](const std::string& name) { return is_fence_value_name(name); },
          [](const std::string& name) { return parse_fence_value(name).has_value(); },
          [](const std::string& a, const std::string& b) {
            return ranks_below(*parse_fence_value(a), *parse_fence_value(b));
          }};
}

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

struct Fence::Impl {
  Impl(const std::string& fence_path, os::System os)
      : path(fence_path),
        system(os),
        value(path, fence_values(), os),
        blobs(path, os),
        forks(os.host->fork_count()) {}

  std::string path;
  os::System system;
  Register value;
  FenceBlobs blobs;
  std::uint64_t forks;

  // What this object has done under its token.
  Token raised = 0;
  std::optional<FenceBlob> carried;  // by our raise; kept until a publication of ours is certain
  std::vector<FenceBlob> written;    // our own that may be named, or have been, in order
  std::optional<FenceBlob> newest;   // of our publications, the newest that is certain
  Failure failure;

  void forget_if_forked();
  void note_raised(const FenceValue& shown, Token token);
  std::error_code look(FenceValue& shown, bool make);
  std::error_code explain(const Seen& seen);
  std::error_code raise(Token token);
  std::error_code publish(Token token, const std::string& data);
  std::error_code swap_in(FenceValue base, const FenceBlob& blob);
  std::error_code refusal(const Swap& swap, const FenceValue& wanted) const;
  enum class Verdict { accepted, refused, again, unknown };
  Verdict judge(const Swap& swap, FenceValue& base, const FenceBlob& blob) const;
  void accept(const FenceBlob& blob);
  void withdraw(const FenceBlob& blob);
  std::error_code read(Contents& contents);
  std::error_code collect(Token token, std::size_t& collected);
  bool may_collect(const FenceBlob& blob) const;
  Error describe(const char* operation, std::error_code error) const;
};

/// A hold is its process's own, and with it the right to publish.
void Fence::Impl::forget_if_forked() {
  if (system.host->fork_count() == forks) return;
  forks = system.host->fork_count();
  raised = 0;
  carried.reset();
  written.clear();
  newest.reset();
}

// --- looking

/// Why a look is not certain.
std::error_code Fence::Impl::explain(const Seen& seen) {
  switch (seen.sight) {
    case Sight::unsupported: return Errc::unsupported;
    case Sight::corrupt: return Errc::corrupt;
    case Sight::foreign: return std::make_error_code(std::errc::not_a_directory);
    case Sight::failed: break;
    default: break;
  }
  return seen.error ? seen.error : make_error_code(Errc::outcome_unknown);
}

/// The value, certainly fresh. `make`: where there is no fence, makes one.
std::error_code Fence::Impl::look(FenceValue& shown, bool make) {
  for (int tries = 0; tries < 3; ++tries) {
    const Seen seen = value.look_afresh(kPatience);
    if (seen.certain()) {
      shown = *parse_fence_value(seen.value);
      return {};
    }
    if (!make || !seen.fresh || seen.sight != Sight::missing) return explain(seen);
    std::error_code error;
    if (value.create(fence_value_name({}), error) == Created::failed) return error;
  }
  return Errc::outcome_unknown;
}

// --- raising

void Fence::Impl::note_raised(const FenceValue& shown, Token token) {
  if (raised == token) return;
  raised = token;
  written.clear();
  newest.reset();
  carried.reset();
  // A publication under this token, by another object, has let go of what the raise carried.
  if (shown.version == 0 && !shown.blob.is_none()) carried = shown.blob;
}

std::error_code Fence::Impl::raise(Token token) {
  if (token == 0) return std::make_error_code(std::errc::invalid_argument);
  FenceValue shown;
  auto error = look(shown, true);
  int misses = 0;
  for (int swaps = 0; !error && swaps < kMostSwaps; ++swaps) {
    if (shown.token > token) return Errc::stale_token;
    if (shown.token == token) {
      note_raised(shown, token);
      return {};
    }
    // The blob is taken from the value that is shown, never from what was seen or sent before.
    const FenceValue wanted{token, 0, shown.blob};
    const Swap swap = value.swap(fence_value_name(shown), fence_value_name(wanted), kPatience);
    if (swap.outcome == Swapped::yes) {
      note_raised(wanted, token);
      return {};
    }
    if (swap.outcome == Swapped::failed && !swap.unseen()) return refusal(swap, wanted);
    if (!swap.seen.certain()) return Errc::outcome_unknown;
    const FenceValue next = *parse_fence_value(swap.seen.value);
    if (next == shown) system.host->sleep(value.missed(misses), {});  // the same swap again
    shown = next;
  }
  return error ? error : make_error_code(Errc::outcome_unknown);
}

/// The system's refusal of a swap; unless the same name was sent before, and may be applied yet.
std::error_code Fence::Impl::refusal(const Swap& swap, const FenceValue& wanted) const {
  const bool pending = value.find_sent(fence_value_name(wanted)) != nullptr;
  return pending ? make_error_code(Errc::outcome_unknown) : swap.error;
}

// --- publishing

std::error_code Fence::Impl::publish(Token token, const std::string& data) {
  if (token == 0 || raised != token) return Errc::not_held;
  FenceValue shown;
  if (const auto error = look(shown, false)) return error;
  if (shown.token > token) return Errc::stale_token;
  if (shown.token < token) return Errc::corrupt;  // it has gone back
  FenceBlob blob;
  if (const auto error = blobs.write(token, data, blob)) {
    failure = blobs.last_failure();
    // A successor's collector may have taken it away, before it was even whole.
    const bool behind = !look(shown, false) && shown.token > token;
    return behind ? make_error_code(Errc::stale_token) : error;
  }
  written.push_back(blob);
  return swap_in(shown, blob);
}

std::error_code Fence::Impl::swap_in(FenceValue base, const FenceBlob& blob) {
  int misses = 0;
  for (int swaps = 0; swaps < kMostSwaps; ++swaps) {
    const FenceValue wanted{raised, base.version + 1, blob};
    const Swap swap = value.swap(fence_value_name(base), fence_value_name(wanted), kPatience);
    if (swap.outcome == Swapped::failed && !swap.unseen()) {
      const std::error_code error = refusal(swap, wanted);
      if (error != Errc::outcome_unknown) withdraw(blob);
      return error;
    }
    const FenceValue before = base;
    switch (judge(swap, base, blob)) {
      case Verdict::accepted: accept(blob); return {};
      case Verdict::refused: withdraw(blob); return Errc::stale_token;
      case Verdict::unknown: return Errc::outcome_unknown;
      case Verdict::again: break;
    }
    if (base == before) system.host->sleep(value.missed(misses), {});
  }
  return Errc::outcome_unknown;
}

/// What a swap that was to replace `base` by a publication of `blob` has come to. For `again`,
/// `base` is what to replace then.
Fence::Impl::Verdict Fence::Impl::judge(const Swap& swap, FenceValue& base,
                                        const FenceBlob& blob) const {
  if (swap.outcome == Swapped::yes) return Verdict::accepted;
  if (!swap.seen.certain()) return Verdict::unknown;
  const FenceValue shown = *parse_fence_value(swap.seen.value);
  if (shown.blob == blob) return Verdict::accepted;  // carried on by a higher token, perhaps
  if (shown == base) return Verdict::again;
  if (shown.token > raised) {
    // It carries what we were to replace: so our swap came too late, and its base is gone.
    return shown.blob == base.blob ? Verdict::refused : Verdict::unknown;
  }
  // An earlier publication of ours, given up as unknown, came through: this one surely did not.
  const bool own = std::find(written.begin(), written.end(), shown.blob) != written.end();
  if (!own) return Verdict::unknown;
  base = shown;
  return Verdict::again;
}

void Fence::Impl::accept(const FenceBlob& blob) {
  newest = blob;
  carried.reset();
}

/// Surely never named: nobody will ever look for it.
void Fence::Impl::withdraw(const FenceBlob& blob) {
  if (!blobs.remove(blob)) std::erase(written, blob);
}

// --- reading

std::error_code Fence::Impl::read(Contents& contents) {
  std::error_code error;
  FenceBlob missed;
  bool gone = false;  // by a look between the one that named it and the newest
  int misses = 0;
  for (int tries = 0; tries < kMostReads; ++tries) {
    const Seen seen = tries == 0 ? value.look() : value.look_afresh(kPatience);
    // A reader without the right to touch sees what its client shows it, and that is enough to
    // read.
    const bool shown = seen.sight == Sight::value || (tries > 0 && seen.sight == Sight::old);
    if (seen.sight == Sight::missing) return {};
    if (!shown) {
      error = explain(seen);
      const bool decided = seen.sight == Sight::unsupported || seen.sight == Sight::corrupt ||
                           seen.sight == Sight::foreign;
      if (decided || outcome_of(error) == Outcome::refused) return error;
      system.host->sleep(kReadAgain, {});
      continue;
    }
    const FenceValue current = *parse_fence_value(seen.value);
    contents = {current.token, current.version, !current.blob.is_none(), {}};
    if (!contents.published) return {};
    error = blobs.read(current.blob, contents.data);
    if (!error) return {};
    failure = blobs.last_failure();
    if (!is_gone(error)) return error;
    misses = missed == current.blob ? misses + 1 : 1;
    missed = current.blob;
    // Named, and not there; or not there for this host, which may not change the directory.
    if (misses == kMostReadsOfOneBlob) return gone ? make_error_code(Errc::corrupt) : error;
    gone = blobs.is_surely_gone(current.blob);
    const int doublings = std::min(misses - 2, kMostDoublings);
    if (misses > 1) system.host->sleep(kReadAgain * (1 << doublings), {});
  }
  return error;
}

// --- collecting

bool Fence::Impl::may_collect(const FenceBlob& blob) const {
  if (blob.token < raised) return blob != carried;
  // Of our own token, what our newest certain publication has superseded: what was written before
  // it. A later one that is in doubt may be named yet. Blobs of another object with the same token
  // are left for the next holder.
  if (!newest) return false;
  const auto superseded = std::find(written.begin(), written.end(), *newest);
  return std::find(written.begin(), superseded, blob) != superseded;
}

std::error_code Fence::Impl::collect(Token token, std::size_t& collected) {
  if (token == 0 || raised != token) return Errc::not_held;
  std::vector<FenceBlob> found;
  auto first_error = blobs.list(found);
  for (const auto& blob : found) {
    if (!may_collect(blob)) continue;
    const auto error = blobs.remove(blob);
    if (!error) {
      ++collected;
      std::erase(written, blob);
    } else if (!is_gone(error) && !first_error) {
      first_error = error;
    }
  }
  if (first_error) failure = blobs.last_failure();
  return first_error;
}

/// With the call and the path, where the error is the system's.
Error Fence::Impl::describe(const char* operation, std::error_code error) const {
  for (const Failure& cause : {failure, value.last_failure()}) {
    if (cause.code == error && !cause.operation.empty()) {
      return Error({error, std::string(operation) + ": " + cause.operation, cause.path});
    }
  }
  return Error({error, operation, path});
}

// --- the face

Fence::Fence(std::string path) : Fence(std::move(path), os::native()) {}

Fence::Fence(std::string path, os::System system)
    : impl_(std::make_unique<Impl>(without_trailing_slashes(std::move(path)), system)) {}

Fence::~Fence() = default;

void Fence::raise(Token token, std::error_code& error) {
  impl_->forget_if_forked();
  error = impl_->raise(token);
}

void Fence::publish(Token token, const std::string& data, std::error_code& error) {
  impl_->forget_if_forked();
  error = impl_->publish(token, data);
}

Fence::Contents Fence::read(std::error_code& error) {
  Contents contents;
  error = impl_->read(contents);
  return error ? Contents{} : contents;
}

Token Fence::token(std::error_code& error) {
  const Seen seen = impl_->value.look_afresh(kPatience);
  const bool usable = seen.sight == Sight::value;  // a mere reader cannot have it fresher
  error = usable || (seen.sight == Sight::missing && seen.fresh) ? std::error_code()
                                                                 : impl_->explain(seen);
  return usable ? parse_fence_value(seen.value)->token : 0;
}

std::size_t Fence::collect(Token token, std::error_code& error) {
  impl_->forget_if_forked();
  std::size_t collected = 0;
  error = impl_->collect(token, collected);
  return collected;
}

void Fence::raise(Token token) {
  std::error_code error;
  raise(token, error);
  if (error) throw impl_->describe("raise", error);
}

void Fence::publish(Token token, const std::string& data) {
  std::error_code error;
  publish(token, data, error);
  if (error) throw impl_->describe("publish", error);
}

Fence::Contents Fence::read() {
  std::error_code error;
  Contents contents = read(error);
  if (error) throw impl_->describe("read", error);
  return contents;
}

Token Fence::token() {
  std::error_code error;
  const Token highest = token(error);
  if (error) throw impl_->describe("token", error);
  return highest;
}

std::size_t Fence::collect(Token token) {
  std::error_code error;
  const std::size_t collected = collect(token, error);
  if (error) throw impl_->describe("collect", error);
  return collected;
}

}  // namespace holdfast
