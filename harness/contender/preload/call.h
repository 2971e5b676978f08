// What every wrapper does: ask what the call is about, make it, write down what came of it.
#pragma once

#include <dlfcn.h>

#include <cerrno>

#include "harness/contender/preload/log.h"
#include "harness/contender/preload/names.h"
#include "harness/contender/preload/raw.h"

namespace holdfast::harness::preload {

/// Set up when the library is loaded; a call before that is not recorded.
const Settings& settings();
const Directory& watched_directory();

/// The next library's function of this name: the C library's, or that of whoever is preloaded
/// after.
template <class Function>
Function* next(Function*& kept, const char* name) {
  Function* found = __atomic_load_n(&kept, __ATOMIC_ACQUIRE);
  if (found == nullptr) {
    found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    __atomic_store_n(&kept, found, __ATOMIC_RELEASE);
  }
  return found;
}

/// One call that is under way.
class Call {
 public:
  Call(FileOp operation, int at, const char* path)
      : operation_(operation), name_(watched_directory(), at, path), at_(at), path_(path) {}
  Call(FileOp operation, int file)
      : operation_(operation), name_(watched_directory(), file), at_(file), path_("") {}

  bool watched() const { return name_.watched(); }
  /// For an operation that ends a name: whose inode it has now.
  void look_before() {
    if (!watched()) return;
    inode_ = path_[0] == '\0' ? raw_inode_of(at_) : raw_inode(at_, path_);
  }
  void began() { began_ns_ = watched() ? raw_now_ns() : 0; }
  /// For an operation that makes a name or shows an inode.
  void inode(std::uint64_t inode) { inode_ = inode; }
  /// `other`: the second name of link and rename. errno stays as the call left it.
  void done(bool ok, const Name* other = nullptr) {
    const bool concerns = watched() || (other != nullptr && other->watched());
    if (!concerns) return;
    const int error = errno;
    Event event;
    event.op = Op::file;
    event.phase = ok ? Phase::ok : Phase::fail;
    event.file = operation_;
    event.code = ok ? 0 : error;
    event.began_ns = began_ns_;
    event.value = inode_;
    event.lock = settings().lock;
    append(settings(), event, name_.text(), other != nullptr ? other->text() : Text{});
    errno = error;
  }
  /// The same, with the inode that the path has after success.
  void made(bool ok) {
    if (ok && watched()) inode_ = raw_inode(at_, path_);
    done(ok);
  }

 private:
  FileOp operation_;
  Name name_;
  int at_;
  const char* path_;
  std::uint64_t inode_ = 0;
  std::int64_t began_ns_ = 0;
};

}  // namespace holdfast::harness::preload

/// The next library's function that has the name of the one this stands in.
#define HOLDFAST_NEXT(function)                                 \
  ([]() {                                                       \
    static decltype(&function) kept = nullptr;                  \
    return ::holdfast::harness::preload::next(kept, #function); \
  }())
