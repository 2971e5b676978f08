#include <holdfast/lock.h>
#include <holdfast/protocol/protocol.h>

#include <stdexcept>
#include <utility>

namespace holdfast {
namespace {

/// Without trailing slashes.
std::string checked_path(std::string path) {
  const std::string given = path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name == "." || name == ".." || path.find('\0') != std::string::npos) {
    throw std::invalid_argument("holdfast: \"" + given +
                                "\" cannot be a lock: it must end in a name, without NUL");
  }
  return path;
}

Options checked_options(Options options) {
  check_options(options);
  return options;
}

std::unique_ptr<Protocol> make_protocol(const std::string& path, const Options& options,
                                        os::System system) {
  return options.protocol == ProtocolKind::link ? make_link(path, options, system)
                                                : make_baton(path, options, system);
}

/// An error that the unconditional forms are silent of.
bool is_no_hold(std::error_code error) { return error == Errc::not_held || error == Errc::lost; }

}  // namespace

Lock::Lock(std::string path, Options options)
    : Lock(std::move(path), std::move(options), os::native()) {}

Lock::Lock(std::string path, Options options, os::System system)
    : path_(checked_path(std::move(path))),
      options_(checked_options(std::move(options))),
      system_(system),
      protocol_(make_protocol(path_, options_, system)) {}

Lock::~Lock() {
  if (protocol_->owes_release()) unlock();
}

/// Records how the newest operation ended; tells who asked for it that a lock is lost.
std::error_code Lock::note(const char* operation, std::error_code error) {
  if (!error) {
    if (last_failure_.code) last_failure_ = {};
    return error;
  }
  last_failure_ = {error, operation, path_};
  const Failure& cause = protocol_->last_failure();
  if (cause.code == error) {
    last_failure_.operation += ": " + cause.operation;
    last_failure_.path = cause.path;
  }
  if (error == Errc::lost && on_loss_) on_loss_(last_failure_);
  return error;
}

void Lock::check(const char* operation, std::error_code error) {
  if (note(operation, error)) throw Error(last_failure_);
}

Grant Lock::acquire(Patience patience, const Request& request, std::error_code& error) {
  const Grant grant = protocol_->acquire(patience, request, error);
  note("acquire", error);
  return grant;
}

Grant Lock::acquire(Patience patience, const Request& request) {
  std::error_code error;
  const Grant grant = protocol_->acquire(patience, request, error);
  check("acquire", error);
  return grant;
}

bool Lock::try_acquire(Patience patience) {
  std::error_code error;
  protocol_->acquire(patience, {}, error);
  if (error == Errc::timed_out) {
    note("acquire", error);
    return false;
  }
  check("acquire", error);
  return true;
}

void Lock::lock() { acquire(options_.default_patience); }

bool Lock::try_lock() { return try_acquire(Patience::none()); }

void Lock::unlock() noexcept {
  // What can throw here is memory for the text of an error, and a callback that must not.
  try {
    std::error_code error;
    release(error);
  } catch (...) {
    last_failure_.code = std::make_error_code(std::errc::not_enough_memory);
  }
}

void Lock::refresh(std::optional<Duration> lifetime, std::error_code& error) {
  if (lifetime) {
    try {
      set_lifetime(*lifetime);
    } catch (const std::invalid_argument&) {
      error = note("refresh", std::make_error_code(std::errc::invalid_argument));
      return;
    }
  }
  protocol_->refresh(options_.lifetime, error);
  note("refresh", error);
}

void Lock::refresh(std::optional<Duration> lifetime) {
  std::error_code error;
  refresh(lifetime, error);
  if (error) throw Error(last_failure_);
}

void Lock::refresh_unconditionally(std::optional<Duration> lifetime, std::error_code& error) {
  refresh(lifetime, error);
  if (is_no_hold(error)) error.clear();
}

void Lock::refresh_unconditionally(std::optional<Duration> lifetime) {
  std::error_code error;
  refresh_unconditionally(lifetime, error);
  if (error) throw Error(last_failure_);
}

void Lock::release(std::error_code& error) {
  protocol_->release(error);
  note("release", error);
}

void Lock::release() {
  std::error_code error;
  protocol_->release(error);
  check("release", error);
}

void Lock::release_unconditionally(std::error_code& error) {
  release(error);
  if (is_no_hold(error)) error.clear();
}

void Lock::release_unconditionally() {
  std::error_code error;
  release_unconditionally(error);
  if (error) throw Error(last_failure_);
}

void Lock::break_lock(const std::string& shown, std::error_code& error) {
  protocol_->break_shown(shown, error);
  note("break", error);
}

void Lock::break_lock(const std::string& shown) {
  std::error_code error;
  protocol_->break_shown(shown, error);
  check("break", error);
}

bool Lock::held() const { return protocol_->held(); }
Duration Lock::remaining() const { return protocol_->remaining(); }
std::optional<os::RawTime> Lock::lease_end() const { return protocol_->lease_end(); }
Token Lock::token() const { return protocol_->token(); }

State Lock::state(std::error_code& error) {
  const State state = protocol_->state(error);
  note("state", error);
  const Failure& refused = protocol_->last_failure();
  if (!error && state == State::unknown && refused.code) {
    last_failure_ = {refused.code, "state: " + refused.operation, refused.path};
  }
  return state;
}

State Lock::state() {
  std::error_code error;
  const State state = this->state(error);
  if (error) throw Error(last_failure_);
  return state;
}

bool Lock::is_locked(std::error_code& error) {
  refresh(std::nullopt, error);
  const bool locked = !error || held();
  if (locked || is_no_hold(error)) error.clear();
  return locked;
}

bool Lock::is_locked() {
  std::error_code error;
  const bool locked = is_locked(error);
  if (error) throw Error(last_failure_);
  return locked;
}

std::optional<Holder> Lock::holder(std::error_code& error) {
  std::optional<Holder> holder = protocol_->holder(error);
  note("holder", error);
  return holder;
}

std::optional<Holder> Lock::holder() {
  std::error_code error;
  std::optional<Holder> holder = protocol_->holder(error);
  check("holder", error);
  return holder;
}

std::optional<os::WallTime> Lock::expiration(std::error_code& error) {
  const std::optional<os::WallTime> expiration = protocol_->expiration(error);
  note("expiration", error);
  return expiration;
}

std::optional<os::WallTime> Lock::expiration() {
  std::error_code error;
  const std::optional<os::WallTime> expiration = protocol_->expiration(error);
  check("expiration", error);
  return expiration;
}

const std::string& Lock::path() const { return path_; }
std::string Lock::claim_path() const { return protocol_->claim_path(); }
Duration Lock::lifetime() const { return options_.lifetime; }

void Lock::set_lifetime(Duration lifetime) {
  check_lifetime(lifetime);
  options_.lifetime = lifetime;
  protocol_->set_lifetime(lifetime);
}

const Failure& Lock::last_failure() const { return last_failure_; }
WaitCounts Lock::waits() const { return protocol_->waits(); }

void Lock::on_loss(std::function<void(const Failure&)> callback) { on_loss_ = std::move(callback); }

}  // namespace holdfast
