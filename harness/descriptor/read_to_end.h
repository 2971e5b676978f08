// What comes through a pipe until its other end is closed.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace holdfast::harness {

/// Reads until the end, or until reading fails: then what had come by then.
inline std::string read_to_end(int file) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(file, buffer.data(), buffer.size())) != 0) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace holdfast::harness
