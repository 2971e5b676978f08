// Calls that make, move and remove names.
#include <stdio.h>
#include <unistd.h>

#include "harness/contender/preload/call.h"

using holdfast::harness::FileOp;
using holdfast::harness::preload::Call;
using holdfast::harness::preload::Name;
using holdfast::harness::preload::raw_inode;
using holdfast::harness::preload::watched_directory;

namespace {

/// rename, link: two names. `ends`: the first one is gone after it.
template <class Make>
int two_names(FileOp operation, int from_at, const char* from, int to_at, const char* to,
              Make make) {
  Call call(operation, from_at, from);
  const Name other(watched_directory(), to_at, to);
  call.look_before();
  call.began();
  const int result = make();
  call.done(result == 0, &other);
  return result;
}

template <class Make>
int ends_name(FileOp operation, int at, const char* path, Make make) {
  Call call(operation, at, path);
  call.look_before();
  call.began();
  const int result = make();
  call.done(result == 0);
  return result;
}

template <class Make>
int makes_name(FileOp operation, int at, const char* path, Make make) {
  Call call(operation, at, path);
  call.began();
  const int result = make();
  call.made(result == 0);
  return result;
}

}  // namespace

extern "C" {

int rename(const char* from, const char* to) noexcept {
  return two_names(FileOp::rename, AT_FDCWD, from, AT_FDCWD, to,
                   [&] { return HOLDFAST_NEXT(rename)(from, to); });
}

int renameat(int from_at, const char* from, int to_at, const char* to) noexcept {
  return two_names(FileOp::rename, from_at, from, to_at, to,
                   [&] { return HOLDFAST_NEXT(renameat)(from_at, from, to_at, to); });
}

int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
  return two_names(FileOp::rename, from_at, from, to_at, to,
                   [&] { return HOLDFAST_NEXT(renameat2)(from_at, from, to_at, to, flags); });
}

int link(const char* from, const char* to) noexcept {
  return two_names(FileOp::link, AT_FDCWD, from, AT_FDCWD, to,
                   [&] { return HOLDFAST_NEXT(link)(from, to); });
}

int linkat(int from_at, const char* from, int to_at, const char* to, int flags) noexcept {
  return two_names(FileOp::link, from_at, from, to_at, to,
                   [&] { return HOLDFAST_NEXT(linkat)(from_at, from, to_at, to, flags); });
}

int unlink(const char* path) noexcept {
  return ends_name(FileOp::unlink, AT_FDCWD, path, [&] { return HOLDFAST_NEXT(unlink)(path); });
}

int unlinkat(int at, const char* path, int flags) noexcept {
  const FileOp operation = (flags & AT_REMOVEDIR) != 0 ? FileOp::rmdir : FileOp::unlink;
  return ends_name(operation, at, path, [&] { return HOLDFAST_NEXT(unlinkat)(at, path, flags); });
}

int remove(const char* path) noexcept {
  return ends_name(FileOp::unlink, AT_FDCWD, path, [&] { return HOLDFAST_NEXT(remove)(path); });
}

int rmdir(const char* path) noexcept {
  return ends_name(FileOp::rmdir, AT_FDCWD, path, [&] { return HOLDFAST_NEXT(rmdir)(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return makes_name(FileOp::mkdir, AT_FDCWD, path,
                    [&] { return HOLDFAST_NEXT(mkdir)(path, mode); });
}

int mkdirat(int at, const char* path, mode_t mode) noexcept {
  return makes_name(FileOp::mkdir, at, path,
                    [&] { return HOLDFAST_NEXT(mkdirat)(at, path, mode); });
}

int symlink(const char* contents, const char* path) noexcept {
  return makes_name(FileOp::symlink, AT_FDCWD, path,
                    [&] { return HOLDFAST_NEXT(symlink)(contents, path); });
}

int symlinkat(const char* contents, int at, const char* path) noexcept {
  return makes_name(FileOp::symlink, at, path,
                    [&] { return HOLDFAST_NEXT(symlinkat)(contents, at, path); });
}

}  // extern "C"
