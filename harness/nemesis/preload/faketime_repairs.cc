// Preloaded before libfaketime into contender programs: mends what libfaketime 0.9.10 gets wrong.
//
// Sleeping: the nemesis bends the wall clock only (FAKETIME_DONT_FAKE_MONOTONIC). libfaketime then
// answers EINVAL to clock_nanosleep(2) with TIMER_ABSTIME on CLOCK_MONOTONIC, which is how Python
// and others sleep: the program would fail for a reason that is ours and not the lock's. A sleep
// on a clock that nobody bends goes straight to the kernel here; all others are handed on.
//
// Starting: libfaketime makes two files in shared memory that bear the process's number, which stay
// if it is killed. A later process of that number finds them and ends itself. What bears our number
// is ours or a dead one's, and is removed before libfaketime begins (-z initfirst).
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

// By calls that libfaketime does not take for itself, as it does getpid(2) and syscall(2): it would
// begin with them. There is one thread yet, whose number is the process's.
void remove_of_a_dead_process(const char* file) {
  char path[64];
  std::snprintf(path, sizeof path, "/dev/shm/%s_%ld", file, static_cast<long>(gettid()));
  unlink(path);
}

__attribute__((constructor)) void remove_what_a_dead_process_left() {
  if (getenv("FAKETIME_SHARED") != nullptr) return;  // those of the parent, which has made them
  const int before = errno;
  remove_of_a_dead_process("faketime_shm");
  remove_of_a_dead_process("sem.faketime_sem");
  errno = before;
}

}  // namespace

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
