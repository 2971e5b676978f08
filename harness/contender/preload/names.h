// Which files a call is about, and whether they are any of the recorder's business.
#pragma once

#include <cstddef>

#include "harness/contender/preload/log.h"

namespace holdfast::harness::preload {

/// The locks' directory: as the environment names it, and as the kernel does.
class Directory {
 public:
  /// `path` must stay; it is the environment's.
  void set(const char* path);
  bool is_set() const { return size_ != 0; }
  /// The part of `path` below the directory; an empty text if it is not in there.
  Text below(const char* path, std::size_t size) const;
  /// Whether `path` is the directory itself.
  bool is(const char* path, std::size_t size) const;

 private:
  static constexpr std::size_t kLongest = 4096;
  const char* path_ = nullptr;
  std::size_t size_ = 0;
  char real_[kLongest] = {};  ///< without symbolic links
  std::size_t real_size_ = 0;
};

/// One argument of a call: a path, relative to a directory's descriptor or to the working
/// directory.
class Name {
 public:
  /// `path` may be null. Whatever cannot be resolved is nobody's business.
  Name(const Directory& directory, int at, const char* path);
  /// The file that is open here.
  Name(const Directory& directory, int file);

  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  bool watched() const { return watched_; }
  Text text() const { return text_; }

 private:
  static constexpr std::size_t kLongest = 8192;
  void resolve(const Directory& directory, std::size_t size);

  char full_[kLongest];
  Text text_;  ///< relative to the locks' directory, or the full path
  bool watched_ = false;
};

}  // namespace holdfast::harness::preload
