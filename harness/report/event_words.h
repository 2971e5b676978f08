// An event, or a fault, in words: a line of the story of how a violation came about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/history/history.h"

namespace holdfast::harness {

/// The words by which the report's formats name what events are made of.
const char* name(Op op);
const char* name(Phase phase);
const char* name(Why why);
/// "ENOENT"; "errno 4242" for one that the system has no name for.
std::string name_of_errno(int code);

class EventWords {
 public:
  /// `history` must outlive this.
  explicit EventWords(const History& history);

  /// What the worker does, or what comes back to it, without its name: "renames lock-0/free,17 to
  /// lock-0/held,18", "granted, token 18". One readable line.
  std::string of(const Event& event) const;

  /// By how much injected faults had set this host's wall clock ahead at `at_ns`; below zero: back.
  std::int64_t clock_ahead_ns(std::uint32_t host, std::int64_t at_ns) const;

 private:
  std::string call(const Event& event) const;
  std::string come_back(const Event& event) const;
  std::string file(const Event& event) const;

  const History& history_;
  std::vector<std::vector<const Fault*>> clocks_;  // by host: effective ones
};

/// What a fault did to whom: "killed", "stopped for 2.1 s", "its clock set 30.0 s ahead".
std::string fault_words(const Fault& fault);

/// Whom it hit: "h1.w3", "h2", or what it was aimed at.
std::string fault_target(const History& history, const Fault& fault);

}  // namespace holdfast::harness
