// System calls without the C library's wrappers.
//
// The recorder stands inside a foreign process, in the middle of that process's calls. It must not
// come back to its own wrappers, nor to those of another preloaded library that bends clocks, and
// it must leave errno alone. So whatever it does for itself it asks the kernel directly.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

namespace holdfast::harness::preload {

/// The kernel's answer: negative is -errno.
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                     long f = 0) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result = number;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#else
#error "the file recorder has no system call for this processor"
#endif
}

template <class T>
long as_long(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

inline std::int64_t raw_now_ns() {
  struct timespec now = {};
  raw_call(SYS_clock_gettime, CLOCK_MONOTONIC_RAW, as_long(&now));
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline int raw_open(const char* path, int flags, int mode = 0) {
  return static_cast<int>(raw_call(SYS_openat, AT_FDCWD, as_long(path), flags, mode));
}

inline void raw_close(int file) { raw_call(SYS_close, file); }

/// 0: it cannot be seen. A symbolic link is not followed.
inline std::uint64_t raw_inode(int directory, const char* path, int flags = AT_SYMLINK_NOFOLLOW) {
  struct stat status = {};
  const long failed = raw_call(SYS_newfstatat, directory, as_long(path), as_long(&status), flags);
  return failed != 0 ? 0 : status.st_ino;
}

inline std::uint64_t raw_inode_of(int file) { return raw_inode(file, "", AT_EMPTY_PATH); }

}  // namespace holdfast::harness::preload
