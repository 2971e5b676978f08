#include "harness/page/packed.h"

#include <gtest/gtest.h>

#include <limits>

namespace holdfast::harness {
namespace {

// RFC 4648, section 10.
TEST(Base64, IsTheOneOfItsSpecification) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

std::string packed(std::uint64_t number) {
  Packed packed;
  packed.put(number);
  return packed.base64();
}

TEST(Packed, TakesSevenBitsAByte) {
  EXPECT_EQ(packed(0), base64(std::string(1, '\0')));
  EXPECT_EQ(packed(127), base64("\x7f"));
  EXPECT_EQ(packed(128), base64("\x80\x01"));
  EXPECT_EQ(packed(std::numeric_limits<std::uint64_t>::max()),
            base64("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

TEST(Packed, TakesNumbersBelowZero) {
  Packed all;
  for (const std::int64_t number : {0, -1, 1, -2}) all.put_signed(number);
  all.put_signed(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(all.base64(),
            base64(std::string("\0\x01\x02\x03", 4) + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

// Instants of different hosts' clocks can stand the wrong way round.
TEST(Packed, KnowsNoLengthBelowZero) {
  Packed all;
  all.put_length(5, 7);
  all.put_length(7, 5);
  EXPECT_EQ(all.base64(), base64(std::string("\x02\0", 2)));
}

// A program may claim that its lease ends at any instant.
TEST(Packed, TakesStepsOfAnySize) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  Packed all;
  all.put_step(7, 5);
  all.put_step(kMin, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(all.base64(), base64("\x03\x01"));
}

}  // namespace
}  // namespace holdfast::harness
