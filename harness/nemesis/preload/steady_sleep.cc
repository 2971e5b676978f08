// Preloaded before libfaketime into contender programs: lets them sleep on elapsed clocks.
//
// The nemesis bends the wall clock only (FAKETIME_DONT_FAKE_MONOTONIC). libfaketime 0.9.10 then
// answers EINVAL to clock_nanosleep(2) with TIMER_ABSTIME on CLOCK_MONOTONIC, which is how Python
// and others sleep: the program would fail for a reason that is ours and not the lock's. A sleep
// on a clock that nobody bends goes straight to the kernel here; all others are handed on.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

extern "C" int clock_nanosleep(clockid_t clock, int flags, const struct timespec* request,
                               struct timespec* remaining) {
  using Sleep = int (*)(clockid_t, int, const struct timespec*, struct timespec*);
  if (clock == CLOCK_REALTIME && (flags & TIMER_ABSTIME) != 0) {
    // NOLINTNEXTLINE: the one way to name the next library's function.
    const auto next = reinterpret_cast<Sleep>(dlsym(RTLD_NEXT, "clock_nanosleep"));
    if (next != nullptr) return next(clock, flags, request, remaining);
  }
  // The function returns its error where the system call sets errno, and leaves errno alone.
  const int before = errno;
  const long result = syscall(SYS_clock_nanosleep, clock, flags, request, remaining);
  const int error = result == 0 ? 0 : errno;
  errno = before;
  return error;
}
