// Who waits until the kernel knows what has expired, and who need not.
#include "harness/sharedmount/notifier.h"

#include <gmock/gmock.h>

#include <future>
#include <string>

namespace holdfast::harness::mount {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kStuck = 6, kHere = 7, kElsewhere = 8;

/// Whoever tells of what is in kStuck waits until go_on().
class NotifierTest : public ::testing::Test {
 protected:
  void go_on() { way_is_free_.set_value(); }
  void ask(std::uint64_t directory, const std::string& who) {
    notifier_.when_told(directory, [this, who] { note(who + " is answered"); });
  }
  std::vector<std::string> so_far() {
    const std::lock_guard guard(mutex_);
    return done_;
  }
  /// All that was asked for is done.
  void finish() {
    notifier_.stop();
    while (!notifier_.ended()) std::this_thread::yield();
  }
  void note(const std::string& what) {
    const std::lock_guard guard(mutex_);
    done_.push_back(what);
  }

  std::promise<void> way_is_free_;
  std::mutex mutex_;
  std::vector<std::string> done_;
  Notifier notifier_{[this](const Expired& expired) {
    if (expired.directory == kStuck) return way_is_free_.get_future().wait();
    note(expired.name + " is told");
  }};
};

TEST_F(NotifierTest, WhoAsksWhereNothingHasExpiredIsAnsweredAtOnce) {
  ask(kHere, "one");
  EXPECT_THAT(so_far(), ElementsAre("one is answered"));
}

// That it had expired was learnt for another's question, and the kernel has not heard of it yet.
TEST_F(NotifierTest, EverybodyWaitsForWhatHasExpiredInHisDirectory) {
  notifier_.expire({{kStuck, "x"}});
  notifier_.expire({{kHere, "a"}});
  ask(kHere, "first");
  ask(kHere, "second");
  ask(kElsewhere, "other");
  EXPECT_THAT(so_far(), ElementsAre("other is answered"));
  ask(kStuck, "stuck");
  EXPECT_EQ(so_far().size(), 1U) << "the name is just being told";
  // Names that are left when it ends are not told any more: so these are waited for.
  std::promise<void> all;
  notifier_.when_told(kHere, [&] { all.set_value(); });
  go_on();
  all.get_future().wait();
  EXPECT_THAT(so_far(), ElementsAre("other is answered", "a is told", "first is answered",
                                    "second is answered", "stuck is answered"));
  finish();
}

TEST_F(NotifierTest, WhenItEndsWhoWaitsIsAnsweredAndNothingMoreIsTold) {
  notifier_.expire({{kStuck, "x"}});
  notifier_.expire({{kHere, "a"}});
  ask(kHere, "one");
  notifier_.stop();
  go_on();
  finish();
  EXPECT_THAT(so_far(), ElementsAre("one is answered"));
}

}  // namespace
}  // namespace holdfast::harness::mount
