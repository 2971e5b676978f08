// Acts with the rights of the one who asks, as a server does.
//
// Only where the server is root: elsewhere the mount is its owner's alone. The kernel's switch for
// this (setfsuid) is a thread's own, and takes root's powers over files away with it.
// Supplementary groups are not the caller's: what only they allow is refused.
#pragma once

#include <sys/fsuid.h>
#include <unistd.h>

#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

class CallerIdentity {
 public:
  static constexpr uid_t kNobody = 65534;

  CallerIdentity(const Caller& caller, bool squash_root) {
    Caller as = caller;
    if (squash_root && as.user == 0) as.user = as.group = kNobody;
    if (as.user == 0 || ::geteuid() != 0) return;
    changed_ = true;
    ::setfsgid(as.group);
    ::setfsuid(as.user);
  }
  ~CallerIdentity() {
    if (!changed_) return;
    ::setfsuid(::geteuid());
    ::setfsgid(::getegid());
  }
  CallerIdentity(const CallerIdentity&) = delete;
  CallerIdentity& operator=(const CallerIdentity&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace holdfast::harness::mount
