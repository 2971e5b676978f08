// Calls that open files and directories, or read what a symbolic link says.
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/contender/preload/call.h"

using holdfast::harness::FileOp;
using holdfast::harness::preload::Call;
using holdfast::harness::preload::raw_inode_of;

namespace {

constexpr int kMakes = O_CREAT | __O_TMPFILE;

FileOp operation_of(int flags) {
  return (flags & O_CREAT) != 0 ? FileOp::open_create : FileOp::open_read;
}

/// Only "r" needs the file to be there.
FileOp operation_of(const char* mode) {
  return mode[0] == 'r' ? FileOp::open_read : FileOp::open_create;
}

template <class Open>
int opens(FileOp operation, int at, const char* path, Open open) {
  Call call(operation, at, path);
  call.began();
  const int file = open();
  if (file >= 0 && call.watched()) call.inode(raw_inode_of(file));
  call.done(file >= 0);
  return file;
}

template <class Open>
FILE* opens_stream(const char* path, const char* mode, Open open) {
  Call call(operation_of(mode), AT_FDCWD, path);
  call.began();
  FILE* const stream = open();
  if (stream != nullptr && call.watched()) call.inode(raw_inode_of(fileno(stream)));
  call.done(stream != nullptr);
  return stream;
}

}  // namespace

/// The mode that follows the last named argument, where one does.
#define HOLDFAST_MODE(flags)     \
  mode_t mode = 0;               \
  if (((flags)&kMakes) != 0) {   \
    va_list more;                \
    va_start(more, flags);       \
    mode = va_arg(more, mode_t); \
    va_end(more);                \
  }

extern "C" {

int open(const char* path, int flags, ...) {
  HOLDFAST_MODE(flags)
  return opens(operation_of(flags), AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(open)(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  HOLDFAST_MODE(flags)
  return opens(operation_of(flags), AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(open64)(path, flags, mode); });
}

int openat(int at, const char* path, int flags, ...) {
  HOLDFAST_MODE(flags)
  return opens(operation_of(flags), at, path,
               [&] { return HOLDFAST_NEXT(openat)(at, path, flags, mode); });
}

int openat64(int at, const char* path, int flags, ...) {
  HOLDFAST_MODE(flags)
  return opens(operation_of(flags), at, path,
               [&] { return HOLDFAST_NEXT(openat64)(at, path, flags, mode); });
}

int creat(const char* path, mode_t mode) {
  return opens(FileOp::open_create, AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(creat)(path, mode); });
}

int creat64(const char* path, mode_t mode) {
  return opens(FileOp::open_create, AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(creat64)(path, mode); });
}

FILE* fopen(const char* path, const char* mode) {
  return opens_stream(path, mode, [&] { return HOLDFAST_NEXT(fopen)(path, mode); });
}

FILE* fopen64(const char* path, const char* mode) {
  return opens_stream(path, mode, [&] { return HOLDFAST_NEXT(fopen64)(path, mode); });
}

// What programs call that were compiled with checks (-D_FORTIFY_SOURCE).
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int at, const char* path, int flags);
int __openat64_2(int at, const char* path, int flags);

int __open_2(const char* path, int flags) {
  return opens(operation_of(flags), AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(__open_2)(path, flags); });
}

int __open64_2(const char* path, int flags) {
  return opens(operation_of(flags), AT_FDCWD, path,
               [&] { return HOLDFAST_NEXT(__open64_2)(path, flags); });
}

int __openat_2(int at, const char* path, int flags) {
  return opens(operation_of(flags), at, path,
               [&] { return HOLDFAST_NEXT(__openat_2)(at, path, flags); });
}

int __openat64_2(int at, const char* path, int flags) {
  return opens(operation_of(flags), at, path,
               [&] { return HOLDFAST_NEXT(__openat64_2)(at, path, flags); });
}

DIR* opendir(const char* path) {
  Call call(FileOp::list, AT_FDCWD, path);
  call.began();
  DIR* const directory = HOLDFAST_NEXT(opendir)(path);
  call.done(directory != nullptr);
  return directory;
}

ssize_t readlink(const char* path, char* to, size_t room) noexcept {
  Call call(FileOp::open_read, AT_FDCWD, path);
  call.began();
  const ssize_t size = HOLDFAST_NEXT(readlink)(path, to, room);
  call.made(size >= 0);
  return size;
}

ssize_t readlinkat(int at, const char* path, char* to, size_t room) noexcept {
  Call call(FileOp::open_read, at, path);
  call.began();
  const ssize_t size = HOLDFAST_NEXT(readlinkat)(at, path, to, room);
  call.made(size >= 0);
  return size;
}

}  // extern "C"
