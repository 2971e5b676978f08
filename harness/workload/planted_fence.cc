#include "harness/workload/planted_fence.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::harness {
namespace {

/// How late the delayed write is: long enough for a waiting holder to have come in.
constexpr Duration kDelay = std::chrono::milliseconds(5);

}  // namespace

BackwardsFence::BackwardsFence(std::string path, const os::System& system, Journal journal)
    : path_(std::move(path)), system_(system), journal_(journal) {}

Result<void> BackwardsFence::store(Op operation, std::uint64_t token, std::uint64_t version) {
  journal_.invoke(operation, token);
  const int file =
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) {
    return problem(path_, "write the planted fence", {errno, std::system_category()});
  }
  const std::string text = std::to_string(token) + "\n";
  const bool written = ::write(file, text.data(), text.size()) >= 0;
  const std::error_code error(errno, std::system_category());
  ::close(file);
  if (!written) return problem(path_, "write the planted fence", error);
  journal_.ok(operation, token, version);
  return {};
}

Result<ProtectedResource::Entry> BackwardsFence::enter(std::uint64_t token) {
  if (auto stored = store(Op::raise, token, 0); !stored) return tl::unexpected(stored.error());
  return Entry::in;
}

Result<void> BackwardsFence::leave(std::uint64_t token, bool) {
  return store(Op::publish, token, 1);
}

Result<void> BackwardsFence::afterwards(std::uint64_t token) {
  system_.host->sleep(kDelay, {});
  return store(Op::publish, token, 2);
}

}  // namespace holdfast::harness
