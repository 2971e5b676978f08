// Wrong clocks: a host whose wall clock is off, is stepped, goes to and fro, or whose clocks run
// too fast or too slow.
//
// Own locks see it through their clock page (clock_page.h), programs through libfaketime
// (faketime.h); the other built-in contenders read no clock. What came of it is measured by reading
// on the workers' side: a view of the page, or a fresh process under libfaketime.
#pragma once

#include <holdfast/os/os.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/nemesis/bent_clock.h"
#include "harness/nemesis/clock_page.h"
#include "harness/nemesis/target.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// Where a host's clock is bent.
struct HostClockFiles {
  std::string page;                    ///< made here, for own locks
  std::string faketime;                ///< made here, for programs; empty: the contender is none
  std::vector<std::string> libraries;  ///< of libfaketime, for measuring
};

/// One logical host's clock.
class LogicalHostClock final : public BentClock {
 public:
  /// `program`: the contender is one, so that libfaketime is needed.
  static Availability available(bool program, const std::string& folder);

  /// `real` must outlive it.
  static Result<std::unique_ptr<LogicalHostClock>> create(const HostClockFiles& files,
                                                          os::Clock& real);

  void set(const ClockSetting& setting, Fault planned) override;
  Result<void> tick() override;
  std::chrono::nanoseconds settling() const override;
  Fault measured() override;
  bool pending() const override { return pending_.has_value(); }

 private:
  LogicalHostClock(HostClockFiles files, std::unique_ptr<ClockPage> page,
                   std::unique_ptr<ClockView> view, os::Clock& real);
  struct Sample {
    ClockReading real;
    std::int64_t raw = 0;
    std::int64_t offset_ns = 0;
  };
  struct Pending {
    Fault fault;
    Sample before;
    std::string failure;
  };
  ClockReading real_now();
  std::int64_t offset_now();
  Result<Sample> sample();

  HostClockFiles files_;
  std::unique_ptr<ClockPage> page_;
  std::unique_ptr<ClockView> view_;
  os::Clock& real_;
  std::optional<Pending> pending_;
};

}  // namespace holdfast::harness
