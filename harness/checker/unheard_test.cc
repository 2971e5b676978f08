// What the log of an emulated mount says that a server did, and that no call was told of.
#include "harness/checker/unheard.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;

/// By host h2, which sent it at 20 ms and had its answer at 30.
Fault fault_of(const std::string& kind, const std::string& what) {
  Fault fault;
  fault.kind = kind;
  fault.host = 1;
  fault.start_ns = 21 * kMs;
  fault.end_ns = 29 * kMs;
  fault.effective = true;
  fault.at_operation = what;
  return fault;
}

/// When something was carried out that its sender did not hear of, in ms: its call was an unlink
/// that came back with this error.
std::vector<std::int64_t> unheard_ms(int error, const std::vector<Fault>& faults) {
  Story story = named();
  story.ask(19, 1, Op::release);
  story.file(20, 30, 1, FileOp::unlink, "lock", "", 100, error);
  story.back(31, 1, Op::release, Phase::ok);
  story.raw().faults = faults;
  const History history = story.history();
  std::vector<std::int64_t> found;
  for (const Unheard& one : unheard_requests(history)) {
    EXPECT_EQ(one.file, FileOp::unlink);
    EXPECT_EQ(one.name, "lock");
    EXPECT_NE(one.call, nullptr);
    if (one.call == nullptr) continue;
    EXPECT_EQ(one.call->at_ns, 30 * kMs);
    EXPECT_EQ(one.repeated(), error == 0);
    found.push_back(one.at_ns / kMs);
  }
  return found;
}

TEST(Unheard, IsWhatALostReplyMakesBeyondWhatItsCallWasTold) {
  const auto lost = [](const std::string& became) {
    return std::vector{fault_of("lost_reply", "unlink lock: " + became)};
  };
  EXPECT_THAT(unheard_ms(ENOENT, lost("done, then ENOENT")), ElementsAre(21));
  EXPECT_THAT(unheard_ms(EIO, lost("done, then nobody waited")), ElementsAre(21));
  EXPECT_THAT(unheard_ms(0, lost("done, then done")), ElementsAre(29));
  EXPECT_THAT(unheard_ms(0, lost("ENOENT, then done")), ElementsAre());
  EXPECT_THAT(unheard_ms(EIO, lost("ENOENT, then done")), ElementsAre(29));
  EXPECT_THAT(unheard_ms(ENOENT, lost("ENOENT, then ENOENT")), ElementsAre());
}

TEST(Unheard, IsWhatADuplicateMakesWhateverCameOfTheFirst) {
  for (const char* const first : {"done", "ENOENT"}) {
    const std::string what = "unlink lock: " + std::string(first) + ", once more: ";
    const int error = std::string(first) == "done" ? 0 : ENOENT;
    EXPECT_THAT(unheard_ms(error, {fault_of("duplicate", what + "done")}), ElementsAre(29));
    EXPECT_THAT(unheard_ms(error, {fault_of("duplicate", what + "ENOENT")}), ElementsAre());
  }
}

TEST(Unheard, IsWhatWasCarriedOutThoughItsProgramWasToldOfAnError) {
  const auto error = [](const std::string& became) {
    return std::vector{fault_of("error", "unlink lock: " + became)};
  };
  EXPECT_THAT(unheard_ms(EIO, error("EIO, carried out: done")), ElementsAre(21));
  EXPECT_THAT(unheard_ms(EIO, error("EIO, carried out later: done")), ElementsAre(29));
  EXPECT_THAT(unheard_ms(EIO, error("EIO, carried out: ENOENT")), ElementsAre());
  EXPECT_THAT(unheard_ms(EIO, error("EIO, not carried out")), ElementsAre());
}

TEST(Unheard, IsWhatArrivesWhenItsProgramHasGivenUp) {
  const std::vector late = {fault_of("late_arrival", "unlink lock: done")};
  EXPECT_THAT(unheard_ms(EIO, late), ElementsAre(29));
  EXPECT_THAT(unheard_ms(0, late), ElementsAre()) << "it hung, and was answered";
  EXPECT_THAT(unheard_ms(0, {fault_of("delay", "unlink lock: done")}), ElementsAre());
}

/// The name in the call that is found for a request of several names: "" where none is.
std::string sender(const std::string& what, const std::vector<std::string>& calls) {
  Story story = named();
  for (std::uint32_t i = 0; i < calls.size(); ++i) {
    story.file(20, 30, 1, FileOp::utime, calls[i]);
  }
  story.raw().faults = {fault_of("lost_reply", what + ": done, then done")};
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  EXPECT_EQ(found.size(), 1U);
  if (found.empty() || found[0].call == nullptr) return "";
  return history.names[found[0].call->name];
}

TEST(Unheard, OfAFileOfSeveralNamesIsItsCallsByWhicheverItWasMade) {
  EXPECT_EQ(sender("utime claim//lock", {"lock"}), "lock");
  EXPECT_EQ(sender("utime claim//lock", {"claim"}), "claim");
  EXPECT_EQ(sender("utime claim//lock", {"other", "claim"}), "claim");
  EXPECT_EQ(sender("utime claim", {"lock"}), "");
}

TEST(Unheard, OfAFileOfSeveralNamesIsNobodysWhereCallsByTwoOfThemFit) {
  EXPECT_EQ(sender("utime claim//lock", {"lock", "claim"}), "");
}

// It is opened, and then its size is set.
TEST(Unheard, OfAnOpenThatEmptiesItsFileIsTheSettingOfItsSize) {
  Story story = named();
  story.file(20, 30, 1, FileOp::open_create, "claim");
  story.raw().faults = {fault_of("duplicate", "utime claim: done, once more: done")};
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].file, FileOp::utime);
  ASSERT_NE(found[0].call, nullptr);
  EXPECT_EQ(found[0].call->file, FileOp::open_create);
}

// Another's exclusive open that found the file there has set no size.
TEST(Unheard, OfAFailedExclusiveOpenIsNoSettingOfTimes) {
  Story story = named();
  story.file(20, 30, 1, FileOp::open_create, "lock", "", 0, EEXIST);
  story.raw().faults = {fault_of("error", "utime lock: EIO, carried out: done")};
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].call, nullptr);
}

// Several faults can hit one request, and each has its entry.
TEST(Unheard, OfOneRequestIsNotCountedForEachFaultThatHitIt) {
  EXPECT_THAT(unheard_ms(EIO, {fault_of("error", "unlink lock: EIO, carried out: done"),
                               fault_of("lost_reply", "unlink lock: done, then ENOENT")}),
              ElementsAre(21));
}

TEST(Unheard, IsNotWhatTookNoEffectOrBefellAnotherHost) {
  Fault none = fault_of("duplicate", "unlink lock: done, once more: done");
  none.effective = false;
  EXPECT_THAT(unheard_ms(0, {none}), ElementsAre());
  Fault elsewhere = fault_of("duplicate", "unlink lock: done, once more: done");
  elsewhere.host = 2;
  Story story = named();
  story.ask(19, 1, Op::release).file(20, 30, 1, FileOp::unlink, "lock", "", 100);
  story.back(31, 1, Op::release, Phase::ok);
  story.raw().faults = {elsewhere};
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].call, nullptr) << "who sent it is not recorded";
}

// Whoever did not survive his call may have sent it all the same.
TEST(Unheard, IsWhatIsCarriedOutWhenItsProcessIsDead) {
  Story story = named();
  story.ask(19, 1, Op::release).file(20, 20, 1, FileOp::unlink, "lock");
  story.raw().events.back().phase = Phase::invoke;
  story.kill(22, 23, 1);
  story.raw().faults.push_back(fault_of("delay", "unlink lock: done"));
  story.raw().faults.push_back(fault_of("late_arrival", "unlink lock: done"));
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at_ns, 29 * kMs);
  EXPECT_FALSE(found[0].repeated());
}

// Its program has unlinked a file that is open on its host.
TEST(Unheard, KnowsASillyRenameForTheUnlinkingThatItIs) {
  const std::string what = "rename lock .nfs0000000000a760be00000018: ";
  EXPECT_THAT(unheard_ms(0, {fault_of("duplicate", what + "done, once more: done")}),
              ElementsAre(29));
  EXPECT_THAT(unheard_ms(EIO, {fault_of("error", what + "EIO, carried out: done")}),
              ElementsAre(21));
}

TEST(Unheard, KnowsBothNamesOfARename) {
  Story story = named();
  story.ask(19, 1, Op::release).file(20, 30, 1, FileOp::rename, "lock", "lock.aside", 100);
  story.back(31, 1, Op::release, Phase::ok);
  story.raw().faults = {fault_of("duplicate", "rename lock lock.aside: done, once more: done"),
                        fault_of("duplicate", "write lock: done, once more: done")};
  const History history = story.history();
  const std::vector<Unheard> found = unheard_requests(history);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].other, "lock.aside");
  EXPECT_EQ(found[0].call->file, FileOp::rename);
  EXPECT_EQ(found[1].file, FileOp::none) << "of a kind that is not recorded";
}

}  // namespace
}  // namespace holdfast::harness
