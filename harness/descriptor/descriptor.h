// Who opens a file, a socket or a process owns a descriptor, and closes it once, however that ends.
#pragma once

#include <unistd.h>

#include <utility>

namespace holdfast::harness {

/// An open file descriptor, or none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.take()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor old(std::exchange(number_, other.take()));  // closed here
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  /// -1: none.
  int number() const { return number_; }
  /// Gives it away: whoever takes it closes it.
  int take() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace holdfast::harness
