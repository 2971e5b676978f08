// What every lock protocol does. Lock is a thin face over one of these.
//
// A protocol never throws for what a shared directory or a file system can do to it; every answer
// is an error_code beside a value. It holds no thread, mutex or condition variable: all waiting
// goes through os::Host, so that the same code runs under a simulated scheduler.
#pragma once

#include <holdfast/lock.h>

#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace holdfast {

class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual Grant acquire(Patience patience, const Request& request, std::error_code& error) = 0;
  virtual void refresh(Duration lifetime, std::error_code& error) = 0;
  virtual void release(std::error_code& error) = 0;

  /// See Lock::break_lock.
  virtual void break_shown(const std::string& shown, std::error_code& error);

  /// Of the grants to come; a renewal is told its own.
  virtual void set_lifetime(Duration lifetime) = 0;

  virtual bool held() const = 0;
  /// Whether there is something that release() must still give back: a hold, its lease over or not,
  /// or a request of unknown outcome.
  virtual bool owes_release() const = 0;
  virtual Duration remaining() const = 0;
  virtual Token token() const = 0;
  /// When the lease ends, as remaining() sees it; nullopt when nothing is held.
  virtual std::optional<os::RawTime> lease_end() const = 0;
  virtual WaitCounts waits() const { return {}; }

  virtual State state(std::error_code& error) = 0;
  virtual std::optional<Holder> holder(std::error_code& error) = 0;
  virtual std::optional<os::WallTime> expiration(std::error_code& error) = 0;
  virtual std::string claim_path() = 0;
  /// The call of the newest error of the system ("rename") and the path it was about.
  virtual const Failure& last_failure() const = 0;
};

inline void Protocol::break_shown(const std::string&, std::error_code& error) {
  error = std::make_error_code(std::errc::operation_not_supported);
}

std::unique_ptr<Protocol> make_baton(std::string path, const Options& options, os::System system);
std::unique_ptr<Protocol> make_link(std::string path, const Options& options, os::System system);

}  // namespace holdfast
