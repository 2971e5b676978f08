// The POSIX side of the door. Private: only posix_*.cc may include it.
#pragma once

#include <holdfast/os/os.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace holdfast::os::posix {

/// The one place that maps errno.
inline std::error_code last_error() { return {errno, std::system_category()}; }

/// Calls again while a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do result = call();
  while (result == -1 && errno == EINTR);
  return result;
}

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

Files& files();
Clock& clock();
Host& host();

std::unique_ptr<Watch> make_watch(std::string directory, Host& host);

}  // namespace holdfast::os::posix
