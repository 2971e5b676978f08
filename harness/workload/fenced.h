// A resource behind holdfast::Fence: whoever's token is behind is refused.
//
// A holder raises the fence to its token on entry and publishes on leaving. It publishes even when
// it knows that its lease is over: refusing that, once a later holder has come, is the fence's
// whole purpose, and a run that never asks for it proves nothing.
#pragma once

#include <holdfast/fence.h>

#include "harness/workload/resource.h"

namespace holdfast::harness {

class Fenced final : public ProtectedResource {
 public:
  Fenced(std::string path, const os::System& system, Journal journal);
  Result<Entry> enter(std::uint64_t token) override;
  Result<void> leave(std::uint64_t token, bool lost) override;

 private:
  void record(Op operation, std::uint64_t token, std::uint64_t version, std::error_code error);

  Fence fence_;
  Journal journal_;
  std::uint64_t entries_ = 0;
};

}  // namespace holdfast::harness
