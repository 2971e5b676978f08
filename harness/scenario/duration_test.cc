#include "harness/scenario/duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

namespace holdfast::harness {
namespace {

using std::chrono::nanoseconds;

struct Good {
  const char* text;
  std::int64_t ns;
};

void PrintTo(const Good& good, std::ostream* out) { *out << good.text; }

class GoodDuration : public testing::TestWithParam<Good> {};

TEST_P(GoodDuration, IsReadExactly) {
  const auto read = parse_duration(GetParam().text);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->count(), GetParam().ns);
}

INSTANTIATE_TEST_SUITE_P(
    , GoodDuration,
    testing::Values(Good{"0s", 0}, Good{"1ns", 1}, Good{"1.5us", 1'500}, Good{"1.5ms", 1'500'000},
                    Good{"2s", 2'000'000'000}, Good{"-1h", -3'600'000'000'000},
                    Good{"2min", 120'000'000'000}, Good{"1d", 86'400'000'000'000},
                    Good{"0.000000001s", 1}, Good{"1.10s", 1'100'000'000}, Good{"1.0ns", 1},
                    Good{"007ms", 7'000'000},
                    Good{"9223372036854775807ns", std::numeric_limits<std::int64_t>::max()}));

struct Bad {
  const char* text;
  const char* why;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << '"' << bad.text << '"'; }

class BadDuration : public testing::TestWithParam<Bad> {};

TEST_P(BadDuration, SaysWhatWasFoundAndWhatIsAllowed) {
  const auto read = parse_duration(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "found \"" + std::string(GetParam().text) + "\", " + GetParam().why +
                "; allowed is a number and one of the units ns, us, ms, s, min, h, d, as in "
                "\"1.5ms\", \"2s\", \"1h\"");
}

INSTANTIATE_TEST_SUITE_P(
    , BadDuration,
    testing::Values(Bad{"", "which is no duration"}, Bad{"s", "which is no duration"},
                    Bad{"-", "which is no duration"}, Bad{".5s", "which is no duration"},
                    Bad{"1.s", "which is no duration"}, Bad{"+1s", "which is no duration"},
                    Bad{" 1s", "which is no duration"}, Bad{"5", "which has no unit"},
                    Bad{"1.5", "which has no unit"}, Bad{"5m", "whose unit is not known"},
                    Bad{"5 s", "whose unit is not known"}, Bad{"5S", "whose unit is not known"},
                    Bad{"1e3s", "whose unit is not known"},
                    Bad{"0.5ns", "which is too long or finer than a nanosecond"},
                    Bad{"1.0000000001s", "which is too long or finer than a nanosecond"},
                    Bad{"9223372036854775808ns", "which is too long or finer than a nanosecond"},
                    Bad{"300000d", "which is too long or finer than a nanosecond"},
                    Bad{"99999999999999999999999999999999999999999s",
                        "which is too long or finer than a nanosecond"}));

TEST(Duration, IsPrintedInTheLargestUnitThatFits) {
  EXPECT_EQ(print_duration(nanoseconds(0)), "0s");
  EXPECT_EQ(print_duration(nanoseconds(1)), "1ns");
  EXPECT_EQ(print_duration(nanoseconds(1'500'000)), "1.5ms");
  EXPECT_EQ(print_duration(nanoseconds(1'050'000)), "1.05ms");
  EXPECT_EQ(print_duration(nanoseconds(90'000'000'000)), "90s");
  EXPECT_EQ(print_duration(nanoseconds(-3'600'000'000'000)), "-1h");
  EXPECT_EQ(print_duration(nanoseconds(1'000'500'000)), "1000.5ms");
}

// Whatever is printed is the value, to the last nanosecond: a stored scenario is the one that ran.
TEST(Duration, ReadsBackAsWhatWasPrinted) {
  std::uint64_t random = 88172645463325252U;
  for (int i = 0; i < 20'000; ++i) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    const nanoseconds value(static_cast<std::int64_t>(random >> (1 + i % 60)));
    for (const nanoseconds signed_value : {value, -value}) {
      const auto read = parse_duration(print_duration(signed_value));
      ASSERT_TRUE(read) << print_duration(signed_value);
      ASSERT_EQ(*read, signed_value);
    }
  }
}

}  // namespace
}  // namespace holdfast::harness
