// Where programs die: before or after the n-th operation of theirs that reaches this mount.
//
// It needs no change to the program. The kernel says with every request which thread made it; that
// thread's process group is killed while it waits for its answer, so no instruction of the program
// comes between the operation and its death. Before: the request is never sent. After: it was
// answered, and the program did not live to hear of it.
//
// A process can ask for nobody's death but its own group's: the kernel says who asks. So nobody is
// hit who is no worker of this run, and no number of a process that is gone can hit its successor.
// What is not counted: programs that have left the group of the one that started them, and programs
// in a process namespace that the server cannot see into.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "harness/sharedmount/host_mount.h"
#include "harness/sharedmount/node.h"

namespace holdfast::harness::mount {

struct CrashPoint {
  std::vector<std::string> operations;  ///< names of actions; none: every one
  std::uint64_t at = 1;                 ///< which of those that fit, counted from 1
  bool before = false;
  bool leader_too = false;  ///< the group's leader is counted as well, not only what it started
  std::string mark;         ///< handed back when it is reached, so that the deed finds its owner
};

/// A group is about to be killed: `what` it was doing, and after that what came of it, "link claim
/// lock: done".
using CrashLog = std::function<void(const CrashPoint& point, const std::string& what)>;

class CrashPoints final : public Courier {
 public:
  /// Requests go on to `next`, which must outlive it.
  CrashPoints(Courier& next, CrashLog log) : next_(next), log_(std::move(log)) {}

  /// The group of `leader`, which must be alive until this comes back, has this point from now on.
  ///
  /// Errors:  it leads no group, or cannot be seen.
  Result<void> add(pid_t leader, CrashPoint point);
  /// From now on operations count.
  void start() { started_ = true; }

  void send(Request request, Answer answer, Abandoned abandoned) override;

 private:
  struct Group {
    pid_t leader;
    Descriptor process;  // stands for the leader even when its number is another's
    CrashPoint point;
  };
  using Groups = std::list<Group>;
  Groups::iterator group_of(pid_t thread);
  bool reached(Group& group, const Request& request);
  void kill(const Group& group, const std::string& what);

  Courier& next_;
  CrashLog log_;
  Groups groups_;
  bool started_ = false;
};

}  // namespace holdfast::harness::mount
