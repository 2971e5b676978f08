// A fence with a known mistake: it goes backwards.
//
// It stores whatever token it is given, higher or lower. And so that this shows, each holder's
// publication is repeated once after its release, as a write that was delayed on its way is: a
// right fence refuses it, since the next holder has raised it.
#pragma once

#include <holdfast/os/os.h>

#include "harness/workload/resource.h"

namespace holdfast::harness {

class BackwardsFence final : public ProtectedResource {
 public:
  BackwardsFence(std::string path, const os::System& system, Journal journal);
  Result<Entry> enter(std::uint64_t token) override;
  Result<void> leave(std::uint64_t token, bool lost) override;
  Result<void> afterwards(std::uint64_t token) override;

 private:
  Result<void> store(Op operation, std::uint64_t token, std::uint64_t version);

  std::string path_;
  os::System system_;
  Journal journal_;
};

}  // namespace holdfast::harness
