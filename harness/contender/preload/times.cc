// Calls that set a file's times: how leases are kept by locks that live in a time stamp.
#include <sys/time.h>
#include <utime.h>

#include "harness/contender/preload/call.h"

using holdfast::harness::FileOp;
using holdfast::harness::preload::Call;

namespace {

template <class Set>
int sets(Call call, Set set) {
  call.look_before();
  call.began();
  const int result = set();
  call.done(result == 0);
  return result;
}

}  // namespace

extern "C" {

int utime(const char* path, const struct utimbuf* times) noexcept {
  return sets(Call(FileOp::utime, AT_FDCWD, path),
              [&] { return HOLDFAST_NEXT(utime)(path, times); });
}

int utimes(const char* path, const struct timeval times[2]) noexcept {
  return sets(Call(FileOp::utime, AT_FDCWD, path),
              [&] { return HOLDFAST_NEXT(utimes)(path, times); });
}

int lutimes(const char* path, const struct timeval times[2]) noexcept {
  return sets(Call(FileOp::utime, AT_FDCWD, path),
              [&] { return HOLDFAST_NEXT(lutimes)(path, times); });
}

int futimesat(int at, const char* path, const struct timeval times[2]) noexcept {
  return sets(Call(FileOp::utime, at, path),
              [&] { return HOLDFAST_NEXT(futimesat)(at, path, times); });
}

int utimensat(int at, const char* path, const struct timespec times[2], int flags) noexcept {
  return sets(Call(FileOp::utime, at, path),
              [&] { return HOLDFAST_NEXT(utimensat)(at, path, times, flags); });
}

int futimens(int file, const struct timespec times[2]) noexcept {
  return sets(Call(FileOp::utime, file), [&] { return HOLDFAST_NEXT(futimens)(file, times); });
}

int futimes(int file, const struct timeval times[2]) noexcept {
  return sets(Call(FileOp::utime, file), [&] { return HOLDFAST_NEXT(futimes)(file, times); });
}

}  // extern "C"
