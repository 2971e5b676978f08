#include <gtest/gtest.h>
#include <holdfast/protocol/fence_value.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(FenceValue, IsWrittenAsTheReadmeShows) {
  EXPECT_EQ(fence_value_name({}), "value,0,0,0-0");
  EXPECT_EQ(fence_value_name({41, 7, {41, 0xbeef}}), "value,41,7,41-000000000000beef");
  EXPECT_EQ(fence_value_name({43, 0, {41, 0xbeef}}), "value,43,0,41-000000000000beef");
  EXPECT_EQ(fence_blob_name({41, 0xbeef}), "blob,41,000000000000beef");
}

TEST(FenceValue, RoundTrips) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20000; ++round) {
    const Token token = 1 + (random() >> (random() % 64)) % kMost;
    const bool published = random() % 2 == 0;
    const Token lower = token == 1 ? 0 : 1 + random() % (token - 1);
    const FenceBlob blob = published    ? FenceBlob{token, random()}
                           : lower == 0 ? FenceBlob{}
                                        : FenceBlob{lower, random()};
    const FenceValue value{token, published ? 1 + (random() >> (random() % 64)) % kMost : 0, blob};
    const std::string name = fence_value_name(value);
    ASSERT_TRUE(is_fence_value_name(name));
    ASSERT_EQ(parse_fence_value(name), value) << name;
    if (!blob.is_none()) {
      ASSERT_EQ(parse_fence_blob(fence_blob_name(blob)), blob);
    }
  }
  EXPECT_EQ(parse_fence_value("value,0,0,0-0"), FenceValue{});
}

TEST(FenceValue, HasOneTextOnly) {
  for (const char* bad : {"",
                          "value",
                          "value,",
                          "value,1",
                          "value,1,0",
                          "value,1,0,",
                          "value,1,0,0",
                          "value,1,0,0-",
                          "value,01,0,0-0",
                          "value,1,00,0-0",
                          "value,1,0,00-0",
                          "value,1,0,0-00",
                          "value,+1,0,0-0",
                          "value, 1,0,0-0",
                          "value,1,0,0-0,",
                          "value,1,0,0-0 ",
                          " value,1,0,0-0",
                          "Value,1,0,0-0",
                          "value,-1,0,0-0",
                          "value,18446744073709551616,0,0-0",
                          "value,2,0,1-beef",
                          "value,2,0,1-000000000000BEEF",
                          "value,2,0,1-0000000000000beef",
                          "value,2,0,1-00000000000 beef",
                          "value,2,0,0-000000000000beef",
                          "value,2,0,01-000000000000beef",
                          "value,2,0,-000000000000beef",
                          "value,2,0,1-0",
                          "free,1,0,0"}) {
    EXPECT_FALSE(parse_fence_value(bad)) << bad;
  }
  for (const char* bad :
       {"blob", "blob,1", "blob,0,0000000000000000", "blob,1,0", "blob,1,000000000000000g",
        "blob,1,0000000000000000,", "blob,01,0000000000000000", "xblob,1,0000000000000000"}) {
    EXPECT_FALSE(parse_fence_blob(bad)) << bad;
  }
}

// Such a name was made by no raise and no publication.
TEST(FenceValue, WhatCannotComeAboutIsRefused) {
  for (const char* bad : {"value,0,1,0-0", "value,0,0,1-000000000000beef", "value,2,1,0-0",
                          "value,2,1,1-000000000000beef", "value,2,0,2-000000000000beef",
                          "value,2,0,3-000000000000beef", "value,2,1,3-000000000000beef"}) {
    EXPECT_FALSE(parse_fence_value(bad)) << bad;
  }
}

TEST(FenceValue, EveryRaiseAndPublicationGoesUp) {
  const std::vector<FenceValue> order = {{},
                                         {1, 0, {}},
                                         {1, 1, {1, 9}},
                                         {1, 2, {1, 5}},
                                         {2, 0, {1, 5}},
                                         {2, 1, {2, 1}},
                                         {kMost, 0, {2, 1}}};
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (std::size_t b = 0; b < order.size(); ++b) {
      EXPECT_EQ(ranks_below(order[a], order[b]), a < b) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace holdfast
