// The guests of a lab as their keeper sees them: processes that can be started, stopped and killed.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "harness/lab/layout.h"
#include "harness/result/result.h"

namespace holdfast::harness::lab {

class Machines {
 public:
  /// `folder`: the lab's; `program`: this very program's path, the same inside the guests.
  Machines(std::string folder, std::string program, std::vector<Guest> guests);

  const std::vector<Guest>& guests() const { return guests_; }
  const Guest* find(const std::string& name) const;
  bool up(const std::string& name) const { return running_.contains(name); }

  /// Starts its kernel. Nothing is done if it runs.
  Result<void> boot(const Guest& guest);
  /// Cuts its power: its whole process group is killed, and gone when this comes back. (Its main
  /// process alone would leave others that hold its cables.)
  Result<void> crash(const Guest& guest);
  /// Its main process alone is stopped: the kernel panics when the others are.
  Result<void> pause(const Guest& guest);
  Result<void> resume(const Guest& guest);
  /// Takes note of all that have ended.
  void reap();

 private:
  std::string folder_;
  std::string program_;
  std::vector<Guest> guests_;
  std::map<std::string, pid_t> running_;
};

}  // namespace holdfast::harness::lab
