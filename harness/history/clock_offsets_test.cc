#include "harness/history/clock_offsets.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/random/random.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The host is 5 s ahead; the way there took 3 ms, that back 1 ms, and the answer 2 ms.
TEST(ClockSample, HalfOfTheWayThereAndBackIsTheError) {
  const std::int64_t sent = 100 * kSecond;
  const std::int64_t got = sent + 3'000'000 + 5 * kSecond;
  const ClockSample sample = sample_of(sent, got, got + 2'000'000, sent + 6'000'000);
  EXPECT_EQ(sample.offset_ns, 5 * kSecond + 1'000'000);
  EXPECT_EQ(sample.error_ns, 2'000'002);
  EXPECT_EQ(sample.host_ns, got + 1'000'000);
}

TEST(ClockOffsets, AHostWithoutSamplesHasTheControllersClock) {
  const ClockOffsets offsets({});
  EXPECT_FALSE(offsets.own_clock());
  EXPECT_EQ(offsets.on_controller(42), 42);
  EXPECT_EQ(offsets.at(42).error_ns, 0);
}

TEST(ClockOffsets, TheErrorGrowsWithTheAgeOfTheSample) {
  const ClockOffsets offsets({{100 * kSecond, 7, 1'000}});
  EXPECT_EQ(offsets.at(100 * kSecond).offset_ns, 7);
  EXPECT_EQ(offsets.at(100 * kSecond).error_ns, 1'001);
  EXPECT_NEAR(static_cast<double>(offsets.at(110 * kSecond).error_ns), 2'001'000, 2);
  EXPECT_NEAR(static_cast<double>(offsets.at(90 * kSecond).error_ns), 2'001'000, 2);
}

TEST(ClockOffsets, OneFastExchangeMendsSlowOnesAroundIt) {
  const ClockOffsets offsets({{0, 0, kSecond}, {kSecond, 10, 100}, {2 * kSecond, 0, kSecond}});
  EXPECT_LT(offsets.at(0).error_ns, 300'000);
  EXPECT_LT(offsets.at(2 * kSecond).error_ns, 300'000);
}

// A clock that is steered, or a machine that was asleep: no bound may be claimed that is not true.
TEST(ClockOffsets, ContradictionsMakeTheDriftLarger) {
  const ClockOffsets offsets({{0, 0, 10}, {kSecond, 10'000'000, 10}});
  EXPECT_GE(offsets.drift(), 0.00999);
  EXPECT_NEAR(static_cast<double>(offsets.at(0).offset_ns), 0, 11);
  EXPECT_NEAR(static_cast<double>(offsets.at(kSecond).offset_ns), 10'000'000, 11);
}

/// A host whose clock wanders by up to 150 ppm, asked over a line with any delays.
struct Wanderer {
  explicit Wanderer(std::uint64_t seed) : random(seed) {
    offset_ns = static_cast<double>(random.below(20 * kSecond)) - 10.0 * kSecond;
  }
  std::int64_t host(std::int64_t controller_ns) {
    const double rate = static_cast<double>(random.below(301)) * 1e-6 - 150e-6;
    offset_ns += rate * static_cast<double>(controller_ns - last_ns);
    last_ns = controller_ns;
    return controller_ns + static_cast<std::int64_t>(offset_ns);
  }
  std::int64_t delay() {
    return static_cast<std::int64_t>(random.below(random.below(10) == 0 ? 50'000'000 : 300'000));
  }

  Random random;
  double offset_ns = 0;
  std::int64_t last_ns = 0;
};

TEST(ClockOffsets, TheTruthIsAlwaysWithinTheError) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Wanderer host(seed);
    std::vector<ClockSample> samples;
    std::vector<std::pair<std::int64_t, std::int64_t>> truth;  // controller's and host's
    std::int64_t now = 1'000 * kSecond;
    host.last_ns = now;
    for (int i = 0; i < 50; ++i) {
      const std::int64_t sent = now;
      const std::int64_t got = host.host(now += host.delay());
      const std::int64_t answered = host.host(now += host.delay());
      samples.push_back(sample_of(sent, got, answered, now += host.delay()));
      for (int k = 0; k < 5; ++k) {
        now += static_cast<std::int64_t>(host.random.below(kSecond));
        truth.emplace_back(now, host.host(now));
      }
    }
    const ClockOffsets offsets(samples);
    EXPECT_DOUBLE_EQ(offsets.drift(), ClockOffsets::kDrift);
    std::int64_t before = 0;
    for (const auto& [controller_ns, host_ns] : truth) {
      const std::int64_t found = offsets.on_controller(host_ns);
      ASSERT_LE(std::abs(found - controller_ns), offsets.at(host_ns).error_ns) << "seed " << seed;
      ASSERT_GE(found, before) << "seed " << seed;
      before = found;
    }
  }
}

}  // namespace
}  // namespace holdfast::harness
