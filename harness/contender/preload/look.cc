// Calls that look at a file without opening it.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>

#include "harness/contender/preload/call.h"

using holdfast::harness::FileOp;
using holdfast::harness::preload::Call;

namespace {

template <class Status, class Look>
int looks(int at, const char* path, const Status* status, Look look) {
  Call call(FileOp::stat, at, path);
  call.began();
  const int result = look();
  if (result == 0) call.inode(status->st_ino);
  call.done(result == 0);
  return result;
}

template <class Look>
int asks(int at, const char* path, Look look) {
  Call call(FileOp::stat, at, path);
  call.began();
  const int result = look();
  call.made(result == 0);
  return result;
}

template <class Look>
int looks_closely(int at, const char* path, const struct statx* status, Look look) {
  Call call(FileOp::stat, at, path);
  call.began();
  const int result = look();
  if (result == 0 && (status->stx_mask & STATX_INO) != 0) call.inode(status->stx_ino);
  call.done(result == 0);
  return result;
}

}  // namespace

extern "C" {

int stat(const char* path, struct stat* status) noexcept {
  return looks(AT_FDCWD, path, status, [&] { return HOLDFAST_NEXT(stat)(path, status); });
}

int lstat(const char* path, struct stat* status) noexcept {
  return looks(AT_FDCWD, path, status, [&] { return HOLDFAST_NEXT(lstat)(path, status); });
}

int fstatat(int at, const char* path, struct stat* status, int flags) noexcept {
  return looks(at, path, status, [&] { return HOLDFAST_NEXT(fstatat)(at, path, status, flags); });
}

int stat64(const char* path, struct stat64* status) noexcept {
  return looks(AT_FDCWD, path, status, [&] { return HOLDFAST_NEXT(stat64)(path, status); });
}

int lstat64(const char* path, struct stat64* status) noexcept {
  return looks(AT_FDCWD, path, status, [&] { return HOLDFAST_NEXT(lstat64)(path, status); });
}

int fstatat64(int at, const char* path, struct stat64* status, int flags) noexcept {
  return looks(at, path, status, [&] { return HOLDFAST_NEXT(fstatat64)(at, path, status, flags); });
}

int statx(int at, const char* path, int flags, unsigned mask, struct statx* status) noexcept {
  return looks_closely(at, path, status,
                       [&] { return HOLDFAST_NEXT(statx)(at, path, flags, mask, status); });
}

// How libuv, and so Node.js, looks at a file: it was there before the C library had statx. All
// others go through as they are; six is the most that any of them has.
long syscall(long number, ...) noexcept {
  long with[6];
  va_list arguments;
  va_start(arguments, number);
  for (long& argument : with) argument = va_arg(arguments, long);
  va_end(arguments);
  const auto call = [&] {
    return HOLDFAST_NEXT(syscall)(number, with[0], with[1], with[2], with[3], with[4], with[5]);
  };
  if (number != SYS_statx) return call();
  return looks_closely(static_cast<int>(with[0]), reinterpret_cast<const char*>(with[1]),
                       reinterpret_cast<const struct statx*>(with[4]),
                       [&] { return static_cast<int>(call()); });
}

int access(const char* path, int mode) noexcept {
  return asks(AT_FDCWD, path, [&] { return HOLDFAST_NEXT(access)(path, mode); });
}

int faccessat(int at, const char* path, int mode, int flags) noexcept {
  return asks(at, path, [&] { return HOLDFAST_NEXT(faccessat)(at, path, mode, flags); });
}

// What programs call that were built with a C library older than 2.33.
int __xstat(int version, const char* path, struct stat* status) noexcept;
int __lxstat(int version, const char* path, struct stat* status) noexcept;
int __fxstatat(int version, int at, const char* path, struct stat* status, int flags) noexcept;
int __xstat64(int version, const char* path, struct stat64* status) noexcept;
int __lxstat64(int version, const char* path, struct stat64* status) noexcept;
int __fxstatat64(int version, int at, const char* path, struct stat64* status, int flags) noexcept;

int __xstat(int version, const char* path, struct stat* status) noexcept {
  return looks(AT_FDCWD, path, status,
               [&] { return HOLDFAST_NEXT(__xstat)(version, path, status); });
}

int __lxstat(int version, const char* path, struct stat* status) noexcept {
  return looks(AT_FDCWD, path, status,
               [&] { return HOLDFAST_NEXT(__lxstat)(version, path, status); });
}

int __fxstatat(int version, int at, const char* path, struct stat* status, int flags) noexcept {
  return looks(at, path, status,
               [&] { return HOLDFAST_NEXT(__fxstatat)(version, at, path, status, flags); });
}

int __xstat64(int version, const char* path, struct stat64* status) noexcept {
  return looks(AT_FDCWD, path, status,
               [&] { return HOLDFAST_NEXT(__xstat64)(version, path, status); });
}

int __lxstat64(int version, const char* path, struct stat64* status) noexcept {
  return looks(AT_FDCWD, path, status,
               [&] { return HOLDFAST_NEXT(__lxstat64)(version, path, status); });
}

int __fxstatat64(int version, int at, const char* path, struct stat64* status, int flags) noexcept {
  return looks(at, path, status,
               [&] { return HOLDFAST_NEXT(__fxstatat64)(version, at, path, status, flags); });
}

}  // extern "C"
