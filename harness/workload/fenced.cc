#include "harness/workload/fenced.h"

namespace holdfast::harness {
namespace {

/// How many holds of one worker pass between two collections of old blobs.
constexpr std::uint64_t kCollectEvery = 16;

}  // namespace

Fenced::Fenced(std::string path, const os::System& system, Journal journal)
    : fence_(std::move(path), system), journal_(journal) {}

void Fenced::record(Op operation, std::uint64_t token, std::uint64_t version,
                    std::error_code error) {
  if (!error) {
    journal_.ok(operation, token, version);
  } else if (error == Errc::outcome_unknown) {
    journal_.info(operation, token);
  } else {
    journal_.fail(operation, error == Errc::stale_token ? Why::stale_token : Why::error, token);
  }
}

Result<ProtectedResource::Entry> Fenced::enter(std::uint64_t token) {
  std::error_code error;
  journal_.invoke(Op::raise, token);
  fence_.raise(token, error);
  record(Op::raise, token, 0, error);
  if (error) return Entry::refused;
  if (++entries_ % kCollectEvery == 0) {
    // What cannot be removed now is removed by a later holder: it is only room.
    std::error_code ignored;
    fence_.collect(token, ignored);
  }
  return Entry::in;
}

Result<void> Fenced::leave(std::uint64_t token, bool) {
  std::error_code error;
  journal_.invoke(Op::publish, token);
  fence_.publish(token, std::to_string(token), error);
  record(Op::publish, token, 1, error);
  return {};
}

}  // namespace holdfast::harness
