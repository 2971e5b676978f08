#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kStatePatience = std::chrono::milliseconds(200);  // to look past a torn listing

/// The states are names that a register keeps.
Values state_values() {
  return {[](const std::string& name) { return is_state_name(name); },
          [](const std::string& name) { return parse_state(name).has_value(); },
          [](const std::string& a, const std::string& b) {
            return ranks_below(std::string_view(a), std::string_view(b));
          }};
}

}  // namespace

std::unique_ptr<Protocol> make_baton(std::string path, const Options& options, os::System system) {
  return std::make_unique<Baton>(std::move(path), options, system);
}

Baton::Baton(std::string path, const Options& options, os::System system)
    : LeaseProtocol(path, options, system),
      baton_(std::move(path), state_values(), system, {options.directory_mode, options.file_mode}),
      judge_(options_, baton_) {
  mine_.held = true;
}

bool Baton::owes_release() const {
  if (forked()) return false;
  if (phase_ != Phase::none) return true;
  const auto& sent = baton_.sent();
  return std::any_of(sent.begin(), sent.end(), [](const SentName& name) {
    const std::optional<BatonState> state = parse_state(name.name);
    return state && state->held;
  });
}

/// While the outcome of a renewal is open, the lease ends at the earliest of what is possible.
Duration Baton::lease_left(const os::Stamp& now) const {
  const auto left = [&](const BatonState& state, const os::Stamp& sent) {
    return state.lifetime - os::most_elapsed(sent, now);
  };
  Duration least = left(hold_.state, hold_.sent);
  if (hold_.on_disk) {
    least = std::min(least, hold_.on_disk->lifetime - os::most_elapsed(hold_.on_disk->sent, now));
  }
  for (const SentName& sent : baton_.sent()) {
    if (sent.base != hold_.name) continue;
    const std::optional<BatonState> state = parse_state(sent.name);
    if (state && state->held) least = std::min(least, left(*state, sent.sent));
  }
  return least;
}

Token Baton::token() const {
  return phase_ == Phase::held && !forked() ? hold_.state.generation : 0;
}

State Baton::state(std::error_code& error) {
  notice_fork();
  error.clear();
  failure_ = {};
  const Seen seen = baton_.look_afresh(kStatePatience);
  if (seen.sight == Sight::missing && seen.fresh) return State::unlocked;
  if (seen.sight == Sight::torn || seen.sight == Sight::old) return State::unknown;
  if (seen.sight != Sight::value) {
    // Who may not make the listing fresh, learns nothing: the error is in last_failure().
    if (seen.sight == Sight::missing && outcome_of(seen.error) == Outcome::refused) {
      failure_ = baton_.last_failure();
      return State::unknown;
    }
    error = error_of(seen);
    return State::unknown;
  }
  const BatonState state = *parse_state(seen.value);
  if (state.held) judge_.see(seen, state);
  if (!seen.fresh) {
    failure_ = baton_.last_failure();
    return State::unknown;
  }
  if (!state.held) return State::unlocked;
  if (is_own(seen.value)) {
    const SentName* const sent = baton_.find_sent(seen.value);
    const os::Stamp since = sent != nullptr ? sent->sent : hold_.sent;
    const bool over = os::most_elapsed(since, system_.clock->now()) >= state.lifetime;
    return over ? State::ours_expired : State::ours;
  }
  switch (judge_.rule(true)) {
    case Ruling::dead: return State::stale;
    case Ruling::run_out: return State::theirs_expired;
    case Ruling::wait: break;
  }
  return State::unknown;
}

std::optional<Holder> Baton::holder(std::error_code& error) {
  notice_fork();
  error.clear();
  Seen seen = baton_.look();
  // "No such directory" may be this client's own memory of having looked in vain.
  if (seen.sight == Sight::torn || seen.sight == Sight::old || seen.sight == Sight::missing) {
    seen = baton_.look_afresh(kStatePatience);
  }
  if (seen.sight == Sight::missing) return std::nullopt;
  if (seen.sight != Sight::value) {
    error = error_of(seen);
    return std::nullopt;
  }
  const BatonState state = *parse_state(seen.value);
  if (!state.held) return std::nullopt;
  judge_.see(seen, state);
  Holder holder;
  holder.host = decode_host(state.host);
  holder.pid = static_cast<std::int64_t>(state.pid);
  holder.token = state.generation;
  holder.lifetime = state.lifetime;
  holder.at_most_left = judge_.left();
  holder.shown = seen.value;
  return holder;
}

std::optional<os::WallTime> Baton::expiration(std::error_code& error) {
  error.clear();
  return std::nullopt;
}

/// The error that a look which shows no value stands for.
std::error_code Baton::error_of(const Seen& seen) {
  switch (seen.sight) {
    case Sight::corrupt: return Errc::corrupt;
    case Sight::unsupported: return Errc::unsupported;
    case Sight::foreign:
      if (seen.type == os::FileType::regular) return Errc::wrong_protocol;
      return note({seen.type == os::FileType::symlink ? ELOOP : ENOTDIR, std::system_category()},
                  "list", baton_.path());
    case Sight::failed:
    case Sight::missing:
      if (baton_.last_failure().code == seen.error) failure_ = baton_.last_failure();
      return seen.error;
    default: return Errc::timed_out;
  }
}

void Baton::forget_parent() {
  left_name_.clear();
  foreseen_.clear();
}

void Baton::learn_self() {
  const os::Process self = system_.host->self();
  mine_.host = encode_host(self.host, host_bytes_);
  mine_.pid = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(self.pid, 1, static_cast<std::int64_t>(kMostPid)));
  mine_.start = self.start;
  mine_.machine = self.machine;
}

}  // namespace holdfast
