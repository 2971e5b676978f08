// Calls that look at a file without opening it.
#include <sys/stat.h>
#include <unistd.h>

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
  Call call(FileOp::stat, at, path);
  call.began();
  const int result = HOLDFAST_NEXT(statx)(at, path, flags, mask, status);
  if (result == 0 && (status->stx_mask & STATX_INO) != 0) call.inode(status->stx_ino);
  call.done(result == 0);
  return result;
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
