#include "harness/scenario/nearest.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

const std::vector<std::string> kKeys = {"hold", "think", "refresh_every", "resource", "workers"};

TEST(Nearest, FindsTheWordThatASlipOfTheHandMadeWrong) {
  EXPECT_EQ(nearest("wrokers", kKeys), "workers");
  EXPECT_EQ(nearest("worker", kKeys), "workers");
  EXPECT_EQ(nearest("refreshevery", kKeys), "refresh_every");
  EXPECT_EQ(nearest("Hold", kKeys), "hold");
}

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("colour", kKeys), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), kKeys), "");
  EXPECT_EQ(nearest("hold", {}), "");
}

TEST(Nearest, TheMessageListsWhatIsKnown) {
  EXPECT_EQ(unknown_word("key", "holt", kKeys),
            "unknown key \"holt\"; did you mean \"hold\"? Known are: hold, think, refresh_every, "
            "resource, workers");
  EXPECT_EQ(unknown_word("key", "colour", {"a", "b"}), "unknown key \"colour\". Known are: a, b");
}

}  // namespace
}  // namespace holdfast::harness
