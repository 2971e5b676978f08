// A part of a file, mapped into memory and shared with whoever else maps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace holdfast::harness {

class Mapping {
 public:
  enum class For { reading, writing };

  Mapping() = default;
  ~Mapping() { reset(); }
  Mapping(Mapping&& from) noexcept;
  Mapping& operator=(Mapping&& from) noexcept;

  /// Maps `bytes` of the open `file` from `offset`, a multiple of the page, in place of what was
  /// mapped before. A forked child does not have it: only one process may append to a history.
  std::error_code map(int file, std::uint64_t offset, std::size_t bytes, For use);

  char* at() const { return at_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void reset();
  char* at_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace holdfast::harness
