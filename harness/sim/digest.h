// Digests of situations: equal where all that can follow is equal.
//
// A process cannot be looked into. But what it will do depends on nothing but what it was told
// since it began: so a running digest of that stands for it. Times count by their distance from the
// present, or from the process's look at the clock before, so that the same situation a second
// later is the same. What no process can notice is left out, where the setting says that none can:
// stamps and handles of files, for a lock that compares neither.
//
// Two different situations have the same digest by chance with a probability of 2^-64.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace holdfast::harness::sim {

class Digest {
 public:
  void add(std::uint64_t word) {
    value_ = (value_ ^ word) + 0x9e3779b97f4a7c15;
    value_ = (value_ ^ (value_ >> 30)) * 0xbf58476d1ce4e5b9;
    value_ = (value_ ^ (value_ >> 27)) * 0x94d049bb133111eb;
    value_ ^= value_ >> 31;
  }
  void add(std::string_view text) { add(std::hash<std::string_view>{}(text)); }
  void add(std::chrono::nanoseconds time) { add(static_cast<std::uint64_t>(time.count())); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 1;
};

/// What one process was told since it began.
class Told {
 public:
  /// Nothing yet. Unless `kept`, it stays so, and costs nothing.
  void begin(bool kept) {
    *this = {};
    kept_ = kept;
  }
  template <class T>
  void add(T what) {
    if (kept_) digest_.add(what);
  }
  /// It looks at a clock, at this instant of the world.
  void look_at_clock(std::chrono::nanoseconds now) {
    if (!kept_ || now == looked_at_) return;
    digest_.add(now - looked_at_);
    looked_at_ = now;
  }
  void add_to(Digest& digest, std::chrono::nanoseconds now) const {
    digest.add(digest_.value());
    digest.add(now - looked_at_);
  }

 private:
  Digest digest_;
  std::chrono::nanoseconds looked_at_{};
  bool kept_ = false;
};

}  // namespace holdfast::harness::sim
