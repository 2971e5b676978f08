#include "harness/nemesis/clock_map.h"

namespace holdfast::harness {

std::int64_t shown(const ClockLine& line, double rate, std::int64_t real) {
  const std::int64_t elapsed = real - line.real;
  // Only the difference to the real rate goes through a double: nanoseconds since 1970 do not fit
  // into one, and neither would a week's worth of them times 1.004.
  return line.shown + elapsed +
         static_cast<std::int64_t>(static_cast<double>(elapsed) * (rate - 1));
}

ClockReading shown(const ClockMap& map, const ClockReading& real) {
  return {shown(map.raw, map.rate, real.raw), shown(map.boot, map.rate, real.boot),
          shown(map.wall, map.rate, real.wall)};
}

ClockMap changed(const ClockMap& before, const ClockSetting& setting, const ClockReading& now) {
  const ClockReading seen = shown(before, now);
  ClockMap after;
  after.rate = setting.rate.value_or(before.rate);
  after.raw = {now.raw, seen.raw};
  after.boot = {now.boot, seen.boot};
  after.wall = {now.wall, setting.offset_ns ? now.wall + *setting.offset_ns : seen.wall};
  return after;
}

}  // namespace holdfast::harness
