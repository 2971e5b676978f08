// What every lock protocol does. Lock is a thin face over one of these.
//
// A protocol never throws for what a shared directory or a file system can do to it; every answer is
// an error_code beside a value. It holds no thread, mutex or condition variable: all waiting goes
// through os::Host, so that the same code runs under a simulated scheduler.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <holdfast/lock.h>

namespace holdfast {

class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual Grant acquire(Patience patience, const Request& request, std::error_code& error) = 0;
  virtual void refresh(Duration lifetime, std::error_code& error) = 0;
  virtual void release(std::error_code& error) = 0;

  virtual bool held() const = 0;
  virtual Duration remaining() const = 0;
  virtual Token token() const = 0;

  virtual State state(std::error_code& error) = 0;
  virtual std::optional<Holder> holder(std::error_code& error) = 0;
  virtual std::optional<os::WallTime> expiration(std::error_code& error) = 0;
  virtual std::string claim_path() const = 0;
  /// The call of the newest error of the system ("rename") and the path it was about.
  virtual const Failure& last_failure() const = 0;
};

std::unique_ptr<Protocol> make_baton(std::string path, const Options& options, os::System system);
std::unique_ptr<Protocol> make_link(std::string path, const Options& options, os::System system);

}  // namespace holdfast
