#include "harness/sharedmount/rules.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;

class RulesTest : public ::testing::Test {
 protected:
  Rules rules(std::uint64_t seed, const std::vector<MountFault>& faults) {
    Rules made(seed, {"h1", "h2"});
    std::uint32_t number = 0;
    for (const MountFault& fault : faults) made.add(++number, fault);
    return made;
  }
  static Fate ask(Rules& rules, std::uint32_t host = 0, Action action = Action::link,
                  const Paths& paths = {{"claim"}, "lock"}, Nanoseconds now = {}) {
    Request request;
    request.host = host;
    request.action = action;
    return rules.decide(request, paths, now);
  }
  static bool is_lost(const Fate& fate) { return fate.of(Kind::lost_reply).has_value(); }
  /// "x" for a hit.
  static std::string row(Rules& rules, std::uint32_t host, int length) {
    std::string row;
    for (int i = 0; i < length; ++i) row += is_lost(ask(rules, host)) ? "x" : ".";
    return row;
  }
  static MountFault lost(double probability = 1) {
    MountFault fault;
    fault.probability = probability;
    return fault;
  }
};

TEST_F(RulesTest, TheSameSeedHitsTheSameRequests) {
  Rules first = rules(7, {lost(0.5)}), again = rules(7, {lost(0.5)}), other = rules(8, {lost(0.5)});
  const std::string hits = row(first, 0, 100);
  EXPECT_EQ(row(again, 0, 100), hits);
  EXPECT_NE(row(other, 0, 100), hits);
}

// Two hosts are never in step; what one of them meets must not depend on the other's haste.
TEST_F(RulesTest, OneHostsRequestsChangeNothingForAnother) {
  Rules alone = rules(7, {lost(0.5)}), together = rules(7, {lost(0.5)});
  static_cast<void>(row(together, 1, 33));
  EXPECT_EQ(row(together, 0, 100), row(alone, 0, 100));
  Rules with_more = rules(7, {lost(0.5), lost(0)});
  Rules without = rules(7, {lost(0.5)});
  EXPECT_EQ(row(with_more, 0, 50), row(without, 0, 50));
}

TEST_F(RulesTest, TheNthOfEachHostAndAtMostSoMany) {
  MountFault nth = lost();
  nth.nth = 3;
  Rules third = rules(7, {nth});
  EXPECT_EQ(row(third, 0, 5), "..x..");
  EXPECT_EQ(row(third, 1, 5), "..x..");
  MountFault few = lost();
  few.times = 2;
  Rules twice = rules(7, {few});
  EXPECT_EQ(row(twice, 0, 5), "xx...");
  EXPECT_EQ(row(twice, 1, 5), ".....");
}

TEST_F(RulesTest, OnlyWhatItNames) {
  MountFault fault = lost();
  fault.host = "h2";
  fault.operations = {"link", "unlink"};
  fault.path = "locks/*.lck";
  fault.from = Nanoseconds(100);
  fault.until = Nanoseconds(200);
  Rules one = rules(7, {fault});
  const Paths fits{{"claim"}, "locks/a.lck"};
  EXPECT_TRUE(is_lost(ask(one, 1, Action::link, fits, Nanoseconds(100))));
  EXPECT_TRUE(is_lost(ask(one, 1, Action::unlink, {{"locks/a.lck"}, ""}, Nanoseconds(199))));
  EXPECT_FALSE(is_lost(ask(one, 0, Action::link, fits, Nanoseconds(100))));
  EXPECT_FALSE(is_lost(ask(one, 1, Action::rename, fits, Nanoseconds(100))));
  EXPECT_FALSE(is_lost(ask(one, 1, Action::link, {{"claim"}, "locks/a"}, Nanoseconds(100))));
  EXPECT_FALSE(is_lost(ask(one, 1, Action::link, fits, Nanoseconds(99))));
  EXPECT_FALSE(is_lost(ask(one, 1, Action::link, fits, Nanoseconds(200))));
}

TEST_F(RulesTest, SeveralComeTogetherAndDelaysAddUp) {
  MountFault slow;
  slow.kind = Kind::delay;
  slow.length.low = Nanoseconds(5);
  Rules all = rules(7, {slow, slow, lost()});
  const auto delays = [](const Fate& fate) {
    Nanoseconds sum{};
    for (const Fate::Hit& hit : fate.hits) sum += hit.kind == Kind::delay ? hit.length : sum.zero();
    return sum;
  };
  const Fate fate = ask(all);
  EXPECT_EQ(delays(fate), Nanoseconds(10));
  EXPECT_TRUE(is_lost(fate));
  EXPECT_EQ(fate.hits.size(), 3U);
  EXPECT_TRUE(all.remove(2));
  EXPECT_FALSE(all.remove(2));
  EXPECT_EQ(delays(ask(all)), Nanoseconds(5));
}

// Else the log would name an error that nobody was told.
TEST_F(RulesTest, OfOneKindTheFirstGivenHitsAndTheOtherIsNotUsedUp) {
  MountFault full, slow_disk;
  full.kind = slow_disk.kind = Kind::error;
  full.error = "ENOSPC";
  full.nth = 1;
  slow_disk.error = "EIO";
  slow_disk.times = 1;
  Rules both = rules(7, {full, slow_disk});
  const Fate first = ask(both);
  EXPECT_EQ(first.hits.size(), 1U);
  EXPECT_EQ(first.error, ENOSPC);
  EXPECT_EQ(ask(both).error, EIO);
  EXPECT_TRUE(ask(both).hits.empty());
}

// Which of them the program used is not known.
TEST_F(RulesTest, AFileOfSeveralNamesIsHitByAnyOfThem) {
  for (const auto& [path, hit] : {std::pair{"claim", true}, {"lock", true}, {"x", false}}) {
    MountFault fault = lost();
    fault.path = path;
    Rules one = rules(7, {fault});
    EXPECT_EQ(is_lost(ask(one, 0, Action::set, {{"claim", "lock"}, ""})), hit) << path;
  }
}

}  // namespace
}  // namespace holdfast::harness::mount
