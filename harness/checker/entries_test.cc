// Whose entry a removal took where calls overlap and hosts see their own files.
#include "harness/checker/entries.h"

#include <gtest/gtest.h>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

/// What was done to "lock", and by which event; the events are numbered as they are answered.
class EntriesTest : public ::testing::Test {
 protected:
  void make(double began_ms, double at_ms, std::uint64_t inode) {
    story_.file(began_ms, at_ms, 0, FileOp::link, "claim", "lock", inode);
  }
  void move(double began_ms, double at_ms, std::uint64_t inode) {
    story_.file(began_ms, at_ms, 1, FileOp::rename, "lock", "aside", inode);
  }
  Trail::Removed removed(std::uint32_t by) {
    const History& history = story_.history();
    const Terms terms = plain_terms();
    return Trail(history, terms).removals(0).at(by);
  }

  Story story_ = named();
};

// A release sees its own file, which a breaker has taken away meanwhile: it takes the next one's.
TEST_F(EntriesTest, WhoSeesAFileThatIsGoneTakesWhatTookItsPlace) {
  make(1, 2, 5);
  move(3, 4, 5);
  make(5, 6, 6);
  move(2.5, 7, 5);
  make(8, 9, 7);
  move(6.5, 10, 6);
  EXPECT_EQ(removed(1).take, 0U);
  EXPECT_EQ(removed(3).take, 2U);
  EXPECT_TRUE(removed(3).sure);
  EXPECT_EQ(removed(5).take, 4U);  // whose own was taken by the one before
}

// However long ago that was.
TEST_F(EntriesTest, AFileThatWasGoneLongAgoIsKnownToBe) {
  make(1, 2, 5);
  move(3, 4, 5);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const double at_ms = 5 + static_cast<double>(i) / 100;
    make(at_ms, at_ms + 0.002, 100 + i);
    move(at_ms + 0.004, at_ms + 0.006, 100 + i);
  }
  make(60, 61, 6);
  move(2.5, 62, 5);
  EXPECT_EQ(removed(10003).take, 10002U);
}

// The removal is answered when another has made the entry again.
TEST_F(EntriesTest, WhoSeesAFileThatIsGoneMadeRoomForTheNext) {
  make(1, 2, 5);
  move(3, 4, 5);
  make(5, 6, 6);
  make(8, 9, 7);
  move(7, 10, 5);
  EXPECT_EQ(removed(4).take, 2U);
}

// The making is answered last of all; what took the file's place is that.
TEST_F(EntriesTest, WhoSeesAFileThatIsGoneTakesWhatWasMadeMeanwhile) {
  make(1, 2, 5);
  move(9, 20, 5);
  move(9, 21, 5);
  make(10, 22, 6);
  make(22.5, 23, 7);
  EXPECT_EQ(removed(1).take, 0U);
  EXPECT_EQ(removed(2).take, 3U);
}

// Either of the two may have taken the first one's, and the other the second one's.
TEST_F(EntriesTest, WhichOfTwoThatOverlapTookWhichIsNotSure) {
  for (const bool overlap : {true, false}) {
    story_ = named();
    make(1, 2, 5);
    move(9, 20, 5);
    make(overlap ? 10 : 20.1, 20.5, 6);
    move(9, 21, 5);
    make(22, 23, 7);
    EXPECT_EQ(removed(1).take, 0U);
    EXPECT_EQ(removed(3).take, 2U);
    EXPECT_EQ(removed(1).sure, !overlap);
    EXPECT_EQ(removed(3).sure, !overlap);
  }
}

// Both are late, and saw what was gone long before.
TEST_F(EntriesTest, WhichOfTwoLateOnesTookWhichIsNotSure) {
  make(1, 2, 5);
  move(3, 4, 5);
  make(5, 6, 6);
  move(2.5, 20, 5);
  make(10, 20.5, 7);
  move(2.6, 21, 5);
  EXPECT_TRUE(removed(1).sure);
  EXPECT_EQ(removed(3).take, 2U);
  EXPECT_FALSE(removed(3).sure);
  EXPECT_FALSE(removed(5).sure);
}

// What did not begin before the other was answered came after it, whatever it saw.
TEST_F(EntriesTest, WhatBeganAfterTheOtherWasAnsweredIsSure) {
  make(1, 2, 5);
  move(9, 20, 5);
  make(19, 21, 6);
  move(20.5, 22, 5);
  EXPECT_EQ(removed(3).take, 2U);
  EXPECT_TRUE(removed(1).sure);
  EXPECT_TRUE(removed(3).sure);
}

// Of two that were answered late, one saw the file that stood there, and the other one that was
// gone: most likely the former made room for the next, and it may have been the other.
TEST_F(EntriesTest, WhoSawTheVeryFileIsBelievedToHaveTakenItAndIsNotSure) {
  make(1, 2, 5);
  move(3, 4, 5);
  make(5, 6, 6);
  make(10, 11, 7);
  move(2.5, 12, 5);
  move(9, 13, 6);
  EXPECT_EQ(removed(5).take, 2U);
  EXPECT_EQ(removed(4).take, 3U);
  EXPECT_FALSE(removed(5).sure);
  EXPECT_FALSE(removed(4).sure);
}

}  // namespace
}  // namespace holdfast::harness
