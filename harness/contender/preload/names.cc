#include "harness/contender/preload/names.h"

#include "harness/contender/preload/raw.h"

namespace holdfast::harness::preload {
namespace {

std::size_t length(const char* text) {
  std::size_t size = 0;
  while (text[size] != '\0') ++size;
  return size;
}

bool begins(const char* path, std::size_t size, const char* with, std::size_t bytes) {
  return size >= bytes && __builtin_memcmp(path, with, bytes) == 0;
}

/// What /proc says this descriptor is; its length, 0: nothing.
std::size_t path_of(int file, char* to, std::size_t room) {
  char link[32] = "/proc/self/fd/";
  char* at = link + 14;
  char digits[12];
  int count = 0;
  for (int number = file; number > 0 || count == 0; number /= 10) {
    digits[count++] = static_cast<char>('0' + number % 10);
  }
  while (count > 0) *at++ = digits[--count];
  *at = '\0';
  const long size =
      raw_call(SYS_readlinkat, AT_FDCWD, as_long(link), as_long(to), static_cast<long>(room));
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

/// The working directory; its length, 0: it has none.
std::size_t working_directory(char* to, std::size_t room) {
  const long size = raw_call(SYS_getcwd, as_long(to), static_cast<long>(room));
  return size > 1 ? static_cast<std::size_t>(size) - 1 : 0;  // it counts the NUL
}

/// Takes empty and "." components out of an absolute path, and goes up for "..": by the letters, as
/// nobody puts symbolic links below the locks' directory. Returns the new length.
std::size_t tidy(char* path, std::size_t size) {
  std::size_t out = 0;
  std::size_t at = 0;
  while (at < size) {
    while (at < size && path[at] == '/') ++at;
    std::size_t end = at;
    while (end < size && path[end] != '/') ++end;
    const std::size_t bytes = end - at;
    const bool here = bytes == 1 && path[at] == '.';
    const bool up = bytes == 2 && path[at] == '.' && path[at + 1] == '.';
    if (up) {
      while (out > 0 && path[--out] != '/') {
      }
    } else if (bytes > 0 && !here) {
      path[out++] = '/';
      __builtin_memmove(path + out, path + at, bytes);
      out += bytes;
    }
    at = end;
  }
  return out;
}

}  // namespace

void Directory::set(const char* path) {
  path_ = path;
  size_ = length(path);
  while (size_ > 1 && path_[size_ - 1] == '/') --size_;
  const int file = raw_open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return;
  real_size_ = path_of(file, real_, kLongest);
  raw_close(file);
}

bool Directory::is(const char* path, std::size_t size) const {
  return (size == size_ && begins(path, size, path_, size_)) ||
         (size == real_size_ && size != 0 && begins(path, size, real_, real_size_));
}

Text Directory::below(const char* path, std::size_t size) const {
  const auto within = [&](const char* with, std::size_t bytes) {
    return bytes != 0 && size > bytes + 1 && path[bytes] == '/' && begins(path, size, with, bytes);
  };
  if (within(path_, size_)) return {path + size_ + 1, size - size_ - 1};
  if (within(real_, real_size_)) return {path + real_size_ + 1, size - real_size_ - 1};
  return {};
}

Name::Name(const Directory& directory, int at, const char* path) {
  if (!directory.is_set() || path == nullptr || path[0] == '\0') return;
  const std::size_t bytes = length(path);
  std::size_t size = 0;
  if (path[0] != '/') {
    size = at == AT_FDCWD ? working_directory(full_, kLongest) : path_of(at, full_, kLongest);
    if (size == 0) return;
    if (size < kLongest) full_[size++] = '/';
  }
  if (bytes > kLongest - size) return;
  __builtin_memcpy(full_ + size, path, bytes);
  resolve(directory, size + bytes);
}

Name::Name(const Directory& directory, int file) {
  if (!directory.is_set() || file < 0) return;
  resolve(directory, path_of(file, full_, kLongest));
}

void Name::resolve(const Directory& directory, std::size_t size) {
  if (size == 0 || full_[0] != '/') return;
  size = tidy(full_, size);
  text_ = directory.below(full_, size);
  watched_ = text_.size != 0 || directory.is(full_, size);
  if (text_.size == 0) text_ = {full_, size};
}

}  // namespace holdfast::harness::preload
