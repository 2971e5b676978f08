// holdfast's own locks as contenders, and what their states look like on the server.
#pragma once

#include <holdfast/lock.h>

#include <optional>

#include "harness/sim/contender.h"

namespace holdfast::harness::sim {

/// A holdfast::Lock on kLock, as its users have it.
class HoldfastContender final : public Contender {
 public:
  HoldfastContender(const Options& options, os::System system)
      : system_(system),
        fenced_(options.protocol == ProtocolKind::baton),
        lock_(kLock, options, system) {}

  Lock* own() override { return &lock_; }
  Fence* fence() override;
  std::error_code acquire(Duration patience) override;
  std::error_code refresh() override;
  std::error_code release() override;
  Duration remaining() const override { return lock_.remaining(); }
  Token token() const override { return lock_.token(); }

 private:
  os::System system_;
  bool fenced_;  // it has tokens
  Lock lock_;
  std::optional<Fence> fence_;
};

std::unique_ptr<Contender> make_own(const Setting& setting, os::System system);
Standing baton_standing(const Server& server);
void prepare_baton(Server& server);

}  // namespace holdfast::harness::sim
