#include "harness/history/mapping.h"

#include <sys/mman.h>
#include <sys/types.h>

#include <cerrno>
#include <utility>

namespace holdfast::harness {

Mapping::Mapping(Mapping&& from) noexcept
    : at_(std::exchange(from.at_, nullptr)), bytes_(std::exchange(from.bytes_, 0)) {}

Mapping& Mapping::operator=(Mapping&& from) noexcept {
  std::swap(at_, from.at_);
  std::swap(bytes_, from.bytes_);
  return *this;
}

std::error_code Mapping::map(int file, std::uint64_t offset, std::size_t bytes, For use) {
  const int protection = use == For::writing ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const at = ::mmap(nullptr, bytes, protection, MAP_SHARED, file, static_cast<off_t>(offset));
  if (at == MAP_FAILED) return {errno, std::system_category()};
  // Refused: a child merely has a map that it never uses.
  ::madvise(at, bytes, MADV_DONTFORK);
  reset();
  at_ = static_cast<char*>(at);
  bytes_ = bytes;
  return {};
}

void Mapping::reset() {
  if (at_ != nullptr) ::munmap(at_, bytes_);
  at_ = nullptr;
  bytes_ = 0;
}

}  // namespace holdfast::harness
