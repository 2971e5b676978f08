// Digests of situations: equal where all that can follow is equal.
//
// A process cannot be looked into. But what it will do depends on nothing but what it was told
// since it began: so a running digest of that stands for it. Times count by their distance from the
// present, or from the process's look at the clock before, so that the same situation a second
// later is the same. What no process can notice is left out, where the setting says that none can:
// stamps and handles of files, for a lock that compares neither.
//
// Processes count by their numbers in a Numbering, and so do their marks in names: see alike.h.
//
// Two different situations have the same digest by chance with a probability of 2^-64.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/alike.h"

namespace holdfast::harness::sim {

class Digest {
 public:
  Digest() = default;
  /// Kept by reference.
  explicit Digest(const Numbering& numbering) : numbering_(&numbering) {}

  void add(std::uint64_t word) {
    value_ = (value_ ^ word) + 0x9e3779b97f4a7c15;
    value_ = (value_ ^ (value_ >> 30)) * 0xbf58476d1ce4e5b9;
    value_ = (value_ ^ (value_ >> 27)) * 0x94d049bb133111eb;
    value_ ^= value_ >> 31;
  }
  void add(std::string_view text) { add(std::hash<std::string_view>{}(text)); }
  void add(std::chrono::nanoseconds time) { add(static_cast<std::uint64_t>(time.count())); }
  void add_process(std::size_t process) { add(std::uint64_t{number(process)}); }
  /// A text in which processes may be named.
  void add_name(std::string_view name);

  std::uint64_t value() const { return value_; }
  /// For a part of it, which comes in no order.
  Digest part() const { return numbering_ == nullptr ? Digest() : Digest(*numbering_); }
  const Numbering* numbering() const { return numbering_; }

 private:
  std::size_t number(std::size_t process) const {
    return numbering_ == nullptr || process >= numbering_->number.size()
               ? process
               : numbering_->number[process];
  }

  std::uint64_t value_ = 1;
  const Numbering* numbering_ = nullptr;
};

/// That a process has come as far as this.
inline constexpr std::uint64_t kItAsks = 1;
inline constexpr std::uint64_t kItWaits = 2;

/// What one process was told since it began: a digest for each way to number processes.
class Told {
 public:
  /// Nothing yet. Without numberings it stays so, and costs nothing.
  void begin(const std::vector<Numbering>* numberings);
  template <class T>
  void add(T what) {
    for (Digest& digest : digests_) digest.add(what);
  }
  void add_name(std::string_view name) {
    for (Digest& digest : digests_) digest.add_name(name);
  }
  /// Of names that come in no order.
  void add_names(const std::vector<std::string>& names);
  /// It looks at a clock, at this instant of the world.
  void look_at_clock(std::chrono::nanoseconds now) {
    if (now == looked_at_) return;
    add(now - looked_at_);
    looked_at_ = now;
  }
  void add_to(Digest& digest, std::chrono::nanoseconds now) const;

 private:
  std::vector<Digest> digests_;
  std::chrono::nanoseconds looked_at_{};
};

}  // namespace holdfast::harness::sim
