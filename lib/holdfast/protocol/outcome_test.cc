#include <gtest/gtest.h>
#include <holdfast/os/testing/errnos.h>
#include <holdfast/protocol/outcome.h>

#include <cerrno>
#include <future>

namespace holdfast {
namespace {

std::error_code system_error_of(int value) { return {value, std::system_category()}; }

TEST(Outcome, NoErrorIsApplied) { EXPECT_EQ(outcome_of({}), Outcome::applied); }

TEST(Outcome, ANameThatIsGoneIsAbsent) {
  EXPECT_EQ(outcome_of(system_error_of(ENOENT)), Outcome::absent);
}

// What a client or server says before anything was changed.
TEST(Outcome, LackOfSpaceOrRightIsARefusal) {
  for (int value : os::testing::kRefusals) {
    EXPECT_EQ(outcome_of(system_error_of(value)), Outcome::refused) << value;
    EXPECT_FALSE(is_passing(system_error_of(value))) << value;
  }
}

// A soft mount gave EIO after 21 s for a rename that another host had seen after 0.8 s.
TEST(Outcome, WhatALostReplyMayLookLikeIsUnknown) {
  for (int value : os::testing::kDoubts) {
    EXPECT_EQ(outcome_of(system_error_of(value)), Outcome::unknown) << value;
    EXPECT_TRUE(is_passing(system_error_of(value))) << value;
  }
}

TEST(Outcome, WhatIsNotThereOrWasReplacedIsGone) {
  for (int value : {ENOENT, ESTALE}) EXPECT_TRUE(is_gone(system_error_of(value))) << value;
  for (int value : {EIO, EACCES, EEXIST}) EXPECT_FALSE(is_gone(system_error_of(value))) << value;
  EXPECT_FALSE(is_gone({}));
}

// Errno values that nobody has thought of, and codes of other categories, are no proof of anything.
TEST(Outcome, WhatIsNotListedIsUnknown) {
  EXPECT_EQ(outcome_of(system_error_of(12345)), Outcome::unknown);
  EXPECT_EQ(outcome_of(std::make_error_code(std::future_errc::no_state)), Outcome::unknown);
}

TEST(Outcome, GenericAndSystemCodesReadTheSame) {
  EXPECT_EQ(outcome_of(std::make_error_code(std::errc::permission_denied)), Outcome::refused);
}

}  // namespace
}  // namespace holdfast
