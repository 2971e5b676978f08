// Which names of a file its programs may have used.
#include "harness/sharedmount/known_names.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>

namespace holdfast::harness::mount {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KnownNamesTest : public ::testing::Test {
 protected:
  NodePtr node(ino_t inode, mode_t type) {
    return nodes_.get({1, inode, 0}, type, [] { return ::dup(0); });
  }
  void told(const std::string& name, const NodePtr& to, pid_t thread, int until = 0, int at = 0) {
    names_.told({root_, name}, to, thread, kStart + seconds(until), kStart + seconds(at));
  }
  static std::vector<std::string> texts(const std::vector<Place>& places) {
    std::vector<std::string> names;
    for (const Place& place : places) names.push_back(place.name);
    return names;
  }
  std::vector<std::string> used(const NodePtr& of, pid_t thread, int at = 0) {
    return texts(names_.used(of->id, thread, kStart + seconds(at)));
  }

  static constexpr Instant kStart{};
  Nodes nodes_;
  NodePtr root_ = node(1, S_IFDIR);
  NodePtr file_ = node(2, S_IFREG);
  KnownNames names_;
};

// Nothing is believed: whoever asks has just looked the name up.
TEST_F(KnownNamesTest, AreWhatTheThreadWasToldLast) {
  told("claim", file_, 1);
  told("lock", file_, 2);
  EXPECT_THAT(used(file_, 1), ElementsAre("claim"));
  EXPECT_THAT(used(file_, 2), ElementsAre("lock"));
  EXPECT_THAT(used(file_, 3), ElementsAre("lock")) << "what anybody was told last";
  told("claim", file_, 2);
  EXPECT_THAT(used(file_, 1), ElementsAre("claim"));
  EXPECT_THAT(used(file_, 2), ElementsAre("claim"));
  EXPECT_THAT(used(file_, 0), ElementsAre("claim"));
}

TEST_F(KnownNamesTest, AreAllThatAreStillBelieved) {
  told("claim", file_, 1, 10);
  told("lock", file_, 1, 20);
  EXPECT_THAT(used(file_, 1, 9), ElementsAre("claim", "lock"));
  EXPECT_THAT(used(file_, 2, 9), ElementsAre("claim", "lock"));
  EXPECT_THAT(used(file_, 1, 10), ElementsAre("lock"));
  EXPECT_THAT(used(file_, 1, 30), ElementsAre("lock"));
  EXPECT_THAT(texts(names_.all(file_->id)), ElementsAre("claim", "lock"));
  names_.lapse(root_->id, "lock", kStart + seconds(5));
  EXPECT_THAT(used(file_, 2, 9), ElementsAre("claim", "lock")) << "the thread's own is the last";
  told("claim", file_, 2, 10);
  EXPECT_THAT(used(file_, 2, 9), ElementsAre("claim"));
}

TEST_F(KnownNamesTest, GoWhereTheHostRemovesThemOrHearsThatTheyAreGone) {
  told("claim", file_, 1, 10);
  told("lock", file_, 1, 10);
  names_.gone({root_, "claim"});
  EXPECT_THAT(used(file_, 1), ElementsAre("lock"));
  names_.gone({root_, "lock"});
  names_.gone({root_, "lock"});
  EXPECT_THAT(used(file_, 1), IsEmpty());
}

TEST_F(KnownNamesTest, LeadToWhatTheHostWasToldLast) {
  const NodePtr other = node(3, S_IFREG);
  told("lock", file_, 1, 10);
  told("claim", file_, 1, 10);
  told("lock", other, 1, 10);
  EXPECT_THAT(used(file_, 1), ElementsAre("claim"));
  EXPECT_THAT(used(other, 1), ElementsAre("lock"));
}

TEST_F(KnownNamesTest, AreRenamedAndReplaceWhatHadTheName) {
  const NodePtr other = node(3, S_IFREG);
  told("a", file_, 1, 10);
  told("b", other, 1, 10);
  names_.moved({root_, "a"}, {root_, "b"});
  EXPECT_THAT(used(file_, 1), ElementsAre("b"));
  EXPECT_THAT(used(other, 1), IsEmpty());
  names_.moved({root_, "unknown"}, {root_, "b"});
  EXPECT_THAT(used(file_, 1), IsEmpty());
}

TEST_F(KnownNamesTest, AreForgottenWithTheFile) {
  told("a", file_, 1, 10);
  told("b", file_, 1, 10);
  names_.forget(file_->id);
  EXPECT_THAT(used(file_, 1), IsEmpty());
  const NodePtr other = node(3, S_IFREG);
  told("a", other, 1, 10);
  EXPECT_THAT(used(other, 1), ElementsAre("a"));
}

// The file of a lock gets a new name each time that it is taken, for ever.
TEST_F(KnownNamesTest, AreDroppedWhereNobodyCanUseThemAnyMore) {
  for (int i = 0; i < 1000; ++i) told(std::to_string(i), file_, i % 3);
  EXPECT_EQ(names_.all(file_->id).size(), 3U);
  EXPECT_THAT(used(file_, 0), ElementsAre("999"));
  for (int i = 0; i < 1000; ++i) told(std::to_string(i), file_, 1, i + 10, i);
  EXPECT_LE(names_.all(file_->id).size(), 14U);
  for (int i = 0; i < 1000; ++i) told(std::to_string(i), file_, 1, 9999, 1000);
  EXPECT_EQ(names_.all(file_->id).size(), 256U);
  EXPECT_EQ(used(file_, 1, 1000).size(), 256U);
}

TEST_F(KnownNamesTest, OfMoreThreadsThanAreKeptTheFirstCountAsToldNothing) {
  for (pid_t thread = 1; thread <= 65; ++thread) told("claim", file_, thread);
  told("lock", file_, 99);
  EXPECT_THAT(used(file_, 1), ElementsAre("lock"));
  EXPECT_THAT(used(file_, 2), ElementsAre("claim"));
}

TEST_F(KnownNamesTest, OfADirectoryAreOne) {
  const NodePtr directory = node(3, S_IFDIR);
  told("old", directory, 1, 10);
  told("new", directory, 2, 10);
  EXPECT_THAT(used(directory, 1), ElementsAre("new"));
}

}  // namespace
}  // namespace holdfast::harness::mount
