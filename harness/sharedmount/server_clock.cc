#include "harness/sharedmount/server_clock.h"

#include <algorithm>

namespace holdfast::harness::mount {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Nanoseconds duration(const timespec& time) {
  return Nanoseconds(time.tv_sec * kSecond + time.tv_nsec);
}

/// Rounds down before 1970, too.
std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  const std::int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

timespec cut_to(Nanoseconds time, Nanoseconds tick) {
  const std::int64_t whole = floor_to(time.count(), tick.count());
  const std::int64_t seconds = floor_to(whole, kSecond) / kSecond;
  return {static_cast<time_t>(seconds), static_cast<long>(whole - seconds * kSecond)};
}

/// Whether it can be counted in nanoseconds; what cannot is passed through as it is.
bool countable(const timespec& time) {
  constexpr std::int64_t kMost = 9'000'000'000;
  return time.tv_sec > -kMost && time.tv_sec < kMost;
}

}  // namespace

void ServerClock::set(Nanoseconds offset, const timespec& now) {
  settings_.push_back({duration(now), offset});
  seen_ = {};
}

void ServerClock::tell(const TrueTimes& real, const struct stat& shown) {
  if (settings_.empty()) return;
  tell(real.access, shown.st_atim);
  tell(real.modified, shown.st_mtim);
  tell(real.changed, shown.st_ctim);
}

void ServerClock::tell(const timespec& real, const timespec& shown) {
  if (!countable(real) || duration(real) < settings_.back().from) return;
  const std::size_t count = settings_.size();
  const Nanoseconds before = count < 2 ? Nanoseconds{} : settings_[count - 2].offset;
  const Nanoseconds told = duration(shown);
  if (told == duration(cut_to(duration(real) + before, tick_))) return;
  if (seen_.stamps++ == 0) seen_.off = told - duration(cut_to(duration(real), tick_));
}

timespec ServerClock::stamp(const timespec& real) const {
  if (!countable(real)) return real;
  const Nanoseconds time = duration(real);
  const auto later = std::upper_bound(
      settings_.begin(), settings_.end(), time,
      [](Nanoseconds instant, const Setting& setting) { return instant < setting.from; });
  const Nanoseconds offset = later == settings_.begin() ? Nanoseconds{} : std::prev(later)->offset;
  return cut_to(time + offset, tick_);
}

timespec ServerClock::cut(const timespec& given) const {
  return countable(given) ? cut_to(duration(given), tick_) : given;
}

}  // namespace holdfast::harness::mount
