// What one process does with its lock, turn by turn; and what it does beside.
#pragma once

#include <string>
#include <system_error>

#include "harness/sim/ledger.h"

namespace holdfast::harness::sim {

class User {
 public:
  /// The references are kept. `audience`: the ledger, and whoever else listens.
  User(World& world, Ledger& ledger, Observer& audience, Process& process, Contender& lock)
      : world_(world), ledger_(ledger), audience_(audience), process_(process), lock_(lock) {}

  /// Acquire, hold, release.
  void take_turn(const Round& round);

 private:
  std::error_code acquire(const Round& round);
  std::error_code acquire_own(const Round& round);
  void stay_inside(const Round& round);
  bool renew(const Round& round);
  bool go_on_as_child(bool parent_stays);
  void release(const Round& round);
  void break_what_is_shown();
  void ask();
  void write();
  void collect();
  bool is_heard() const { return &audience_ != &ledger_; }
  void say(const std::string& words);
  void say(const char* words, std::error_code error);

  World& world_;
  Ledger& ledger_;
  Observer& audience_;
  Process& process_;
  Contender& lock_;
  Token newest_ = 0;  // that it was granted
  int writes_ = 0;
};

}  // namespace holdfast::harness::sim
