// Sockets that carry one line there and one line back, each with a bound on how long it may take.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor old(std::exchange(number_, std::exchange(other.number_, -1)));  // closed here
    return *this;
  }
  ~Descriptor();
  int number() const { return number_; }
  int take() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// The last error of the system.
std::error_code system_error();

/// A socket that listens; at a path (made anew, for its owner alone), or at a port of all
/// addresses.
Result<Descriptor> listen_at(const std::string& path);
Result<Descriptor> listen_at_port(int port);
Result<Descriptor> connect_to(const std::string& path);
Result<Descriptor> connect_to(const std::string& address, int port,
                              std::chrono::milliseconds bound);

/// The next peer of a listener; none: it is gone already.
Descriptor accept_one(int listener);

/// Errors:  the peer is gone, or the bound is over.
Result<void> send_line(int socket, const std::string& line);
/// Reads byte by byte, so that nothing behind the line is taken from whoever reads next.
Result<std::string> read_line(int socket, std::chrono::milliseconds bound);

}  // namespace holdfast::harness::lab
