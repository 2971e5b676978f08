// Which requests are the kernel's repeat of one that was told ESTALE. What programs hear through a
// real kernel is in stale_test.cc.
#include "harness/sharedmount/stale_repeats.h"

#include <gtest/gtest.h>
#include <holdfast/os/testing/scratch.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;

class StaleRepeatsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch_ / "shared");
    for (const char* const name : {"a", "other"}) {
      std::ofstream(scratch_ / ("shared/" + std::string(name))) << name;
    }
    store_ = std::move(*Store::open(scratch_ / "shared", *profile("nfs3-default")));
    repeats_ = std::make_unique<StaleRepeats>(*store_);
    file_ = store_->execute(ask(Action::lookup, "a")).node;
  }
  Request ask(Action action, const std::string& name, pid_t thread = 7) const {
    Request request;
    request.action = action;
    request.node = store_->root();
    request.name = name;
    request.caller.thread = thread;
    return request;
  }
  Request ask(Action action, const NodePtr& node) const {
    Request request = ask(action, "");
    request.node = node;
    return request;
  }
  Request rename(const std::string& to = "b") const {
    Request request = ask(Action::rename, "a");
    request.other = store_->root();
    request.other_name = to;
    return request;
  }
  void tell(const Request& request) { repeats_->remember(request, file_, now_); }
  /// The error that is told; none: it is answered as any other.
  std::optional<int> answer(const Request& request, std::chrono::milliseconds later = 0ms) {
    const auto reply = repeats_->answer(request, now_ + later);
    if (!reply) return std::nullopt;
    EXPECT_TRUE(reply->passing || reply->error == ESTALE);
    return reply->error;
  }

  os::testing::Scratch scratch_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<StaleRepeats> repeats_;
  NodePtr file_;
  Instant now_ = std::chrono::steady_clock::now();
};

TEST_F(StaleRepeatsTest, IsToldOnceAndShowsTheNamesAsTheyWere) {
  tell(rename());
  store_->execute(rename());
  EXPECT_EQ(answer(ask(Action::lookup, "a")), 0);
  EXPECT_EQ(answer(ask(Action::lookup, "b")), ENOENT);
  EXPECT_EQ(answer(ask(Action::lookup, "other")), std::nullopt);
  EXPECT_EQ(answer(rename()), ESTALE);
  EXPECT_EQ(answer(rename()), std::nullopt);
  EXPECT_EQ(answer(ask(Action::lookup, "a")), std::nullopt);
}

// Else the kernel would not ask once more, and the thread would go on seeing what is gone.
TEST_F(StaleRepeatsTest, WhatMakesANameIsNotShownWhatAnotherMadeOfItJustBefore) {
  for (const Action action : {Action::create, Action::mkdir}) {
    tell(ask(action, "a"));
    EXPECT_EQ(answer(ask(Action::lookup, "a")), ENOENT);
    EXPECT_EQ(answer(ask(action, "a")), ESTALE);
    EXPECT_EQ(answer(ask(Action::lookup, "a")), std::nullopt);
  }
}

// The kernel sees that it is gone, and asks nothing.
TEST_F(StaleRepeatsTest, WhatRemovesANameThatLedNowhereIsNotRepeated) {
  file_ = nullptr;
  for (const Request& request : {ask(Action::unlink, "gone"), ask(Action::rmdir, "gone")}) {
    tell(request);
    EXPECT_EQ(answer(ask(Action::lookup, "gone")), std::nullopt);
  }
}

// The kernel looks the first name up before the second.
TEST_F(StaleRepeatsTest, OfALinkTheSecondNameIsShownOnlyAfterTheFirst) {
  Request link = ask(Action::link, file_);
  link.other = store_->root();
  link.other_name = "other";
  tell(link);
  EXPECT_EQ(answer(ask(Action::lookup, "other")), std::nullopt);
  EXPECT_EQ(answer(ask(Action::lookup, "a")), 0);
  EXPECT_EQ(answer(ask(Action::lookup, "other")), ENOENT);
  EXPECT_EQ(answer(link), ESTALE);
}

TEST_F(StaleRepeatsTest, WhoGoesOnLookingSeesWhatIsThere) {
  tell(rename());
  store_->execute(rename());
  for (int lookup = 0; lookup < 5; ++lookup) EXPECT_EQ(answer(ask(Action::lookup, "a")), 0);
  EXPECT_EQ(answer(ask(Action::lookup, "a")), std::nullopt);
  EXPECT_EQ(answer(rename()), ESTALE);
}

TEST_F(StaleRepeatsTest, IsOfTheSameThreadOfTheSameHost) {
  tell(rename());
  Request others = rename();
  others.caller.thread = 8;
  EXPECT_EQ(answer(others), std::nullopt);
  others = rename();
  others.host = 1;
  EXPECT_EQ(answer(others), std::nullopt);
  EXPECT_EQ(answer(ask(Action::lookup, "a", 8)), std::nullopt);
  EXPECT_EQ(answer(rename()), ESTALE);
}

TEST_F(StaleRepeatsTest, IsOfTheSameOperation) {
  tell(rename());
  EXPECT_EQ(answer(rename("c")), std::nullopt);
  EXPECT_EQ(answer(rename()), std::nullopt) << "its thread has gone on";
}

TEST_F(StaleRepeatsTest, AttributesOnTheWayAreNotTheRepeat) {
  tell(rename());
  EXPECT_EQ(answer(ask(Action::stat, store_->root())), std::nullopt);
  EXPECT_EQ(answer(rename()), ESTALE);
}

TEST_F(StaleRepeatsTest, ComesSoonOrNever) {
  tell(rename());
  EXPECT_EQ(answer(rename(), 2s), std::nullopt);
  EXPECT_EQ(answer(rename()), std::nullopt);
}

TEST_F(StaleRepeatsTest, AnOpenFileIsNotAskedForOnceMore) {
  for (const Action action : {Action::stat, Action::set}) {
    tell(ask(action, file_));
    EXPECT_EQ(answer(ask(action, file_)), std::nullopt);
    tell(ask(action, file_));
    EXPECT_EQ(answer(ask(Action::lookup, "a")), 0);
    EXPECT_EQ(answer(ask(action, file_)), ESTALE);
  }
}

TEST_F(StaleRepeatsTest, WhatIsAskedByTheOpenFileOrWithoutAnybodyIsNotRemembered) {
  for (const Action action : {Action::read, Action::write, Action::sync}) {
    tell(ask(action, file_));
    EXPECT_EQ(answer(ask(action, file_)), std::nullopt);
  }
  Request nobodys = rename();
  nobodys.caller.thread = 0;
  tell(nobodys);
  EXPECT_EQ(answer(nobodys), std::nullopt);
}

TEST_F(StaleRepeatsTest, AnUnlinkOrARenameRepeatsTheSillyRenameThatWasDoneForIt) {
  tell(rename(".nfs0001"));
  EXPECT_EQ(answer(ask(Action::unlink, "a")), ESTALE);
  tell(rename(".nfs0001"));
  Request onto = rename("a");
  onto.name = "other";
  EXPECT_EQ(answer(onto), ESTALE);
}

}  // namespace
}  // namespace holdfast::harness::mount
