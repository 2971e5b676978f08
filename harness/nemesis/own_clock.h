// The clock of a host that has a kernel of its own: it is the kernel's that is bent, so that all
// who read it there are fooled, file systems and programs alike. Needs root there.
#pragma once

#include <optional>

#include "harness/nemesis/bent_clock.h"
#include "harness/nemesis/kernel_clock.h"

namespace holdfast::harness {

class OwnClock final : public BentClock {
 public:
  OwnClock();
  void set(const ClockSetting& setting, Fault planned) override;
  Result<void> tick() override { return {}; }
  std::chrono::nanoseconds settling() const override { return std::chrono::seconds(1); }
  Fault measured() override;
  bool pending() const override { return pending_.has_value(); }

 private:
  /// How far the wall clock is from what it would show if nobody had bent it.
  std::int64_t offset(const KernelClocks& now) const;

  KernelClocks first_;  ///< before anything was bent
  double rate_ = 1;
  struct Pending {
    Fault fault;
    KernelClocks after;
    std::string failure;
  };
  std::optional<Pending> pending_;
};

}  // namespace holdfast::harness
