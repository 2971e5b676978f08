// Clock on POSIX: three readings that the kernel answers without a system call.

#include <holdfast/os/posix.h>
#include <time.h>

#include <cstdlib>

namespace holdfast::os::posix {
namespace {

Duration read(clockid_t which) {
  timespec now{};
  // Cannot fail for clocks that every supported kernel has; without time no lease is safe.
  if (::clock_gettime(which, &now) != 0) std::abort();
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class PosixClock final : public Clock {
 public:
  Stamp now() override {
    return {RawTime(read(CLOCK_MONOTONIC_RAW)), BootTime(read(CLOCK_BOOTTIME))};
  }
  WallTime wall() override { return WallTime(read(CLOCK_REALTIME)); }
};

}  // namespace

Clock& clock() {
  // Never destroyed: what is static in a program may use it until the very end.
  static Clock& instance = *new PosixClock;
  return instance;
}

}  // namespace holdfast::os::posix
