#include "harness/workload/counter.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <system_error>

namespace holdfast::harness {
namespace {

constexpr std::size_t kDigits = 20;  // of any 64-bit number: the file's size never changes

std::error_code last_error() { return {errno, std::system_category()}; }

/// Writes in place, in one call, so that a kill tears nothing.
Result<void> write_counter(const std::string& path, std::uint64_t value) {
  std::array<char, kDigits + 2> text{};
  std::snprintf(text.data(), text.size(), "%020" PRIu64 "\n", value);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) return problem(path, "open the counter for writing", last_error());
  const ssize_t written = ::pwrite(file, text.data(), kDigits + 1, 0);
  const auto error = last_error();
  const bool closed = ::close(file) == 0;
  if (written < 0) return problem(path, "write the counter", error);
  if (written != static_cast<ssize_t>(kDigits + 1)) {
    return problem(path, "the counter could be written only in part: is the disk full?");
  }
  if (!closed) return problem(path, "close the counter", last_error());
  return {};
}

}  // namespace

std::string counter_path(const std::string& path) { return path + ".counter"; }

Result<std::uint64_t> read_counter(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return std::uint64_t{0};
    return problem(path, "open the counter", last_error());
  }
  std::array<char, kDigits + 2> text{};
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  const auto error = last_error();
  ::close(file);
  if (got < 0) return problem(path, "read the counter", error);
  if (got == 0) return std::uint64_t{0};  // made, and its writer was killed before it wrote
  std::uint64_t value = 0;
  const char* const end = text.data() + kDigits;
  const auto parsed = std::from_chars(text.data(), end, value);
  if (got != static_cast<ssize_t>(kDigits + 1) || parsed.ec != std::errc() || parsed.ptr != end) {
    return problem(path, "holds no number of " + std::to_string(kDigits) +
                             " digits: something else than this run has written there");
  }
  return value;
}

Result<std::uint64_t> final_counter(const std::string& directory,
                                    const std::vector<std::string>& locks) {
  std::uint64_t sum = 0;
  for (const std::string& lock : locks) {
    const auto value = read_counter(counter_path(directory + "/" + lock));
    if (!value) return value;
    sum += *value;
  }
  return sum;
}

Counter::Counter(std::string path, Journal journal) : path_(std::move(path)), journal_(journal) {}

Result<ProtectedResource::Entry> Counter::enter(std::uint64_t) {
  const auto value = read_counter(path_);
  if (!value) return tl::unexpected(value.error());
  read_ = *value;
  return Entry::in;
}

Result<void> Counter::leave(std::uint64_t token, bool lost) {
  if (lost) return {};
  journal_.invoke(Op::update, token);
  if (auto written = write_counter(path_, read_ + 1); !written) return written;
  journal_.ok(Op::update, token, read_ + 1);
  return {};
}

}  // namespace holdfast::harness
