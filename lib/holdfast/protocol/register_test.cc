// What a register shows, and when it may be believed; what it does where it is not alone, not whole
// or not answered. The values here are numbers: "v1", "v2", ...
#include <gtest/gtest.h>
#include <holdfast/os/testing/client_files.h>
#include <holdfast/os/testing/faulty_files.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scripted_host.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/register.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>

namespace holdfast {
namespace {

using os::FileType;
using os::testing::ClientFiles;
using os::testing::Effect;
using os::testing::FaultyFiles;
using os::testing::Operation;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kNow = Duration::zero();

int number_of(const std::string& name) {
  int number = -1;
  const char* const end = name.data() + name.size();
  if (name.size() < 2) return -1;
  const auto [stopped, error] = std::from_chars(name.data() + 1, end, number);
  return error == std::errc() && stopped == end ? number : -1;
}

Values numbers() {
  return {[](const std::string& name) { return name.starts_with('v'); },
          [](const std::string& name) { return number_of(name) >= 0; },
          [](const std::string& a, const std::string& b) { return number_of(a) < number_of(b); }};
}

class RegisterTest : public ::testing::Test {
 protected:
  RegisterTest() { EXPECT_FALSE(disk_.make_directory("/d", 0777)); }

  /// The register with these entries, made by somebody else.
  void put(const std::vector<std::string>& names) {
    ASSERT_FALSE(disk_.make_directory("/d/R", 0777));
    for (const std::string& name : names) add(name);
  }
  void add(const std::string& name) { ASSERT_FALSE(disk_.create("/d/R/" + name, "", 0666)); }
  void others_swap(const std::string& from, const std::string& to) {
    ASSERT_FALSE(disk_.rename("/d/R/" + from, "/d/R/" + to));
  }
  Swapped swap(const std::string& from, const std::string& to) {
    return register_.swap(from, to, kNow).outcome;
  }
  Sight sight() { return register_.look().sight; }
  std::vector<std::string> entries(const std::string& directory = "/d/R") {
    os::Listing listing;
    EXPECT_FALSE(disk_.list(directory, 100'000, listing));
    return listing.names;
  }

  os::testing::ManualClock clock_;
  os::testing::MemoryFiles disk_{clock_};
  ClientFiles client_{disk_};
  FaultyFiles files_{client_};
  os::testing::ScriptedHost host_{clock_, {"h", 11, 1, 0}};
  Register register_{"/d/R", numbers(), {&files_, &clock_, &host_}};
};

TEST_F(RegisterTest, ASwapIsOneRenameAndNamesWhatItReplaces) {
  put({"v1"});
  EXPECT_EQ(swap("v1", "v2"), Swapped::yes);
  EXPECT_EQ(files_.calls().size(), 1u);
  EXPECT_EQ(swap("v1", "v3"), Swapped::no) << "v1 is gone";
  EXPECT_EQ(entries(), std::vector<std::string>{"v2"});
}

TEST_F(RegisterTest, ALostReplyIsASuccessFromBeforeItsFirstSending) {
  put({"v1"});
  files_.add({Operation::rename, Effect::reply_lost, EIO});
  files_.after = [&](const auto& call) {
    if (call.operation == Operation::rename) clock_.advance(seconds(3));
  };
  const os::Stamp before = clock_.now();
  const Swap swap = register_.swap("v1", "v2", kNow);
  EXPECT_EQ(swap.outcome, Swapped::yes);
  EXPECT_EQ(swap.sent.raw, before.raw);
  EXPECT_TRUE(register_.sent().empty());
}

// A name that is sent twice counts from its first sending: either request may be the one.
TEST_F(RegisterTest, ANameSentAgainKeepsItsFirstStamp) {
  put({"v1"});
  const os::Stamp before = clock_.now();
  files_.add({Operation::rename, Effect::late, EIO});
  EXPECT_EQ(swap("v1", "v2"), Swapped::unknown);
  clock_.advance(seconds(3));
  const Swap again = register_.swap("v1", "v2", kNow);
  EXPECT_EQ(again.outcome, Swapped::yes);
  EXPECT_EQ(again.sent.raw, before.raw);
}

TEST_F(RegisterTest, ARefusalIsAFailureAndNothingIsUnderWay) {
  put({"v1"});
  files_.add({Operation::rename, Effect::refused, ENOSPC});
  EXPECT_EQ(swap("v1", "v2"), Swapped::failed);
  EXPECT_TRUE(register_.sent().empty());
  // Unless the same name was sent before, and may be applied yet.
  files_.add({Operation::rename, Effect::late, EIO});
  EXPECT_EQ(swap("v1", "v2"), Swapped::unknown);
  files_.add({Operation::rename, Effect::refused, ENOSPC});
  EXPECT_EQ(swap("v1", "v2"), Swapped::failed);
  EXPECT_NE(register_.find_sent("v2"), nullptr);
}

// --- freshness: what was tried on NFS, as the client of these tests shows it

// NFS 3 keeps a listing that fell between two renames of one tick for ever, and forced revalidation
// does not help; a touch does.
TEST_F(RegisterTest, AnOldListingStaysUntilTheDirectoryIsTouched) {
  put({"v1"});
  EXPECT_EQ(sight(), Sight::value);
  client_.keep_listing("/d/R");
  others_swap("v1", "v2");
  clock_.advance(seconds(85));
  EXPECT_EQ(register_.look().value, "v1");
  EXPECT_FALSE(register_.look().fresh);
  const Seen seen = register_.look_afresh(kNow);
  EXPECT_TRUE(seen.certain());
  EXPECT_EQ(seen.value, "v2");
}

TEST_F(RegisterTest, AListingBelowTheHighestKnownDecidesNothing) {
  put({"v1"});
  client_.keep_listing("/d/R");
  others_swap("v1", "v2");
  EXPECT_EQ(register_.heard("v2")->value, "v2");
  EXPECT_EQ(sight(), Sight::old);
  EXPECT_EQ(register_.highest(), "v2");
  EXPECT_EQ(register_.heard("v1"), std::nullopt) << "a late event";
}

// The source of a rename is answered from the client's negative entry for half a minute.
TEST_F(RegisterTest, ANameLookedUpInVainIsThereAfterATouch) {
  put({"v1"});
  client_.looked_up_in_vain("/d/R/v1");
  const Swap swap = register_.swap("v1", "v2", kNow);
  EXPECT_EQ(swap.outcome, Swapped::failed);
  EXPECT_EQ(swap.error, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(swap.seen.certain());
  EXPECT_EQ(swap.seen.value, "v1");
  EXPECT_EQ(this->swap("v1", "v2"), Swapped::yes);
}

TEST_F(RegisterTest, ADirectoryLookedUpInVainIsThereWhenItsParentHasChanged) {
  put({"v1"});
  client_.looked_up_in_vain("/d/R");
  EXPECT_EQ(sight(), Sight::missing);
  const Seen seen = register_.look_afresh(kNow);
  EXPECT_TRUE(seen.certain());
  EXPECT_EQ(seen.value, "v1");
  EXPECT_EQ(entries("/d"), std::vector<std::string>{"R"}) << "the probe is gone";
}

// If a create says "there" and the listing says that it is not, the parent is changed.
TEST_F(RegisterTest, AMakerThatIsSecondFindsWhatTheFirstHasMade) {
  put({"v7"});
  client_.looked_up_in_vain("/d/R");
  EXPECT_EQ(sight(), Sight::missing);
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::there);
  EXPECT_EQ(register_.look_afresh(kNow).value, "v7");
  EXPECT_EQ(entries("/d"), std::vector<std::string>{"R"});
}

TEST_F(RegisterTest, AMakerThatMayMakeNothingHasNothingToGiveUp) {
  files_.add({Operation::make_directory, Effect::refused, EACCES});
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::failed);
  EXPECT_EQ(error, std::errc::permission_denied);
  EXPECT_EQ(files_.calls().size(), 1u);
}

// Explicit times are refused to those who do not own the directory; so may be a touch.
TEST_F(RegisterTest, WhoMayNotTouchMakesAProbe) {
  put({"v1"});
  client_.keep_listing("/d/R");
  others_swap("v1", "v2");
  files_.add({Operation::touch, Effect::refused, EPERM});
  const Seen seen = register_.look_afresh(kNow);
  EXPECT_TRUE(seen.certain());
  EXPECT_EQ(seen.value, "v2");
  EXPECT_EQ(entries(), std::vector<std::string>{"v2"});
}

TEST_F(RegisterTest, WhoMayDoNeitherIsNeverCertain) {
  put({"v1"});
  files_.add({Operation::touch, Effect::refused, EACCES});
  files_.add({Operation::create, Effect::refused, EACCES});
  const Seen seen = register_.look_afresh(seconds(1));
  EXPECT_EQ(seen.value, "v1");
  EXPECT_FALSE(seen.fresh);
  EXPECT_EQ(seen.error, std::errc::permission_denied);
}

TEST_F(RegisterTest, WhoIsShutOutIsToldSo) {
  put({"v1"});
  files_.add({Operation::rename, Effect::refused, EROFS});
  files_.add({Operation::touch, Effect::refused, EROFS});
  files_.add({Operation::create, Effect::refused, EROFS});
  EXPECT_EQ(swap("v1", "v2"), Swapped::failed);
  EXPECT_TRUE(register_.sent().empty());
}

// --- torn, corrupt, unsupported

TEST_F(RegisterTest, ATornListingIsReadAgainWithinTheCall) {
  put({"v1", "v2"});
  int looks = 0;
  files_.before = [&](const auto& call) {
    if (call.operation != Operation::list || ++looks != 3) return;
    ASSERT_FALSE(disk_.unlink("/d/R/v1"));
  };
  EXPECT_TRUE(register_.look_afresh(kNow).certain());
  EXPECT_EQ(host_.waits, 0u);
}

TEST_F(RegisterTest, OnlyTheSameWrongSetOverSecondsAndAfterATouchIsCorrupt) {
  put({"v1", "v2"});
  for (const int step : {0, 1, 1}) {
    clock_.advance(seconds(step));
    EXPECT_EQ(register_.look_afresh(kNow).sight, Sight::torn);
  }
  ASSERT_FALSE(disk_.unlink("/d/R/v2"));
  add("v3");
  for (const int step : {1, 1, 1}) {
    clock_.advance(seconds(step));
    EXPECT_EQ(register_.look_afresh(kNow).sight, Sight::torn) << "another set";
  }
  clock_.advance(seconds(2));
  EXPECT_EQ(sight(), Sight::torn) << "not without a touch";
  EXPECT_EQ(register_.look_afresh(kNow).sight, Sight::corrupt);
  EXPECT_EQ(entries().size(), 2u) << "and nobody guesses";
}

// Two looks that are far apart may both be bad luck.
TEST_F(RegisterTest, WrongLooksFarApartAreNotCorrupt) {
  put({});
  for (int count = 0; count < 10; ++count) {
    EXPECT_EQ(register_.look_afresh(kNow).sight, Sight::torn);
    clock_.advance(seconds(30));
  }
}

TEST_F(RegisterTest, AnEmptiedRegisterIsCorruptAndNotReplaced) {
  put({});
  EXPECT_EQ(register_.look_afresh(seconds(5)).sight, Sight::corrupt);
  EXPECT_TRUE(entries().empty());
}

// By a restored backup, or a server that forgot. Once it was said, what is there is what counts.
TEST_F(RegisterTest, AValueThatHasGoneBackIsCorruptOnceAndThenAccepted) {
  put({"v5"});
  EXPECT_EQ(sight(), Sight::value);
  others_swap("v5", "v2");
  EXPECT_EQ(register_.look_afresh(seconds(5)).sight, Sight::corrupt);
  EXPECT_EQ(register_.look_afresh(kNow).value, "v2");
}

TEST_F(RegisterTest, AValueOfANewerVersionIsLeftAlone) {
  put({"vNext"});
  EXPECT_EQ(register_.look_afresh(seconds(1)).sight, Sight::unsupported);
  for (const auto& call : files_.calls()) EXPECT_EQ(call.operation, Operation::list);
}

// --- what others put there

TEST_F(RegisterTest, ForeignNamesArePassedOver) {
  put({"v1", ".nfs0000000000000001", ".probe.00ff", "note\nwith two lines", "Free"});
  EXPECT_EQ(swap("v1", "v2"), Swapped::yes);
  EXPECT_EQ(entries().size(), 5u) << "none of them was touched";
}

TEST_F(RegisterTest, ThousandsOfForeignNamesAreReadAndTooManyAreTorn) {
  put({"v1"});
  for (int count = 0; count < 5000; ++count) add("foreign" + std::to_string(count));
  EXPECT_EQ(sight(), Sight::value);
  os::testing::MemoryFiles crowd(clock_);
  ASSERT_FALSE(crowd.make_directory("/R", 0777));
  for (std::size_t count = 0; count <= Register::kMostNames; ++count) {
    ASSERT_FALSE(crowd.create("/R/a" + std::to_string(count), "", 0666));
  }
  ASSERT_FALSE(crowd.create("/R/v1", "", 0666));
  Register crowded("/R", numbers(), {&crowd, &clock_, &host_});
  EXPECT_EQ(crowded.look().sight, Sight::torn) << "another value may be among those not read";
}

TEST_F(RegisterTest, WhatIsNoDirectoryIsForeignAndNotTouched) {
  for (const FileType type : {FileType::regular, FileType::symlink, FileType::other}) {
    disk_.plant("/d/R", type);
    files_.forget_calls();
    const Seen seen = register_.look_afresh(seconds(1));
    EXPECT_EQ(seen.sight, Sight::foreign);
    EXPECT_EQ(seen.type, type);
    for (const auto& call : files_.calls()) {
      EXPECT_TRUE(call.operation == Operation::list || call.operation == Operation::status);
    }
    ASSERT_FALSE(disk_.unlink("/d/R"));
  }
}

// --- the names that were sent

// A server that does not answer gets no more than the list can hold; once it answers, the oldest
// is given up, and the register can be used.
TEST_F(RegisterTest, SentNamesAreBoundedAndNeverInTheWay) {
  put({"v1"});
  for (int count = 0; count < 1000; ++count) {
    files_.add({Operation::touch, Effect::refused, EIO});
    files_.add({Operation::create, Effect::refused, EIO});
    if (count < 70) files_.add({Operation::rename, Effect::late, EIO, 1, "/v"});
  }
  int number = 2;
  for (; number < 2 + static_cast<int>(Register::kMostSent); ++number) {
    EXPECT_EQ(swap("v1", "v" + std::to_string(number)), Swapped::unknown);
  }
  const std::size_t renames = files_.count(Operation::rename);
  EXPECT_EQ(register_.swap("v1", "v99", kNow).error, std::errc::no_buffer_space);
  EXPECT_EQ(files_.count(Operation::rename), renames) << "nothing was sent";
  files_.forget_faults();
  EXPECT_EQ(swap("v1", "v100"), Swapped::yes);
  EXPECT_TRUE(register_.sent().empty());
  files_.deliver_late();
  EXPECT_EQ(entries(), std::vector<std::string>{"v100"});
}

TEST_F(RegisterTest, ANameIsSettledByAnythingAboveItsBase) {
  put({"v1"});
  files_.add({Operation::rename, Effect::late, EIO});
  EXPECT_EQ(swap("v1", "v2"), Swapped::unknown);
  EXPECT_NE(register_.find_sent("v2"), nullptr);
  EXPECT_TRUE(register_.look_afresh(kNow).certain());
  EXPECT_NE(register_.find_sent("v2"), nullptr) << "its base is there: it may be applied yet";
  others_swap("v1", "v3");
  EXPECT_TRUE(register_.look_afresh(kNow).certain());
  EXPECT_EQ(register_.find_sent("v2"), nullptr);
}

TEST_F(RegisterTest, AForkedChildHasSentNothing) {
  put({"v1"});
  files_.add({Operation::rename, Effect::late, EIO});
  EXPECT_EQ(swap("v1", "v2"), Swapped::unknown);
  ++host_.forks;
  EXPECT_TRUE(register_.sent().empty());
  EXPECT_EQ(register_.find_sent("v2"), nullptr);
  EXPECT_EQ(swap("v1", "v3"), Swapped::yes);
  EXPECT_TRUE(register_.sent().empty());
}

// --- making one, and what others have left

TEST_F(RegisterTest, AMakerLeavesNothingBesideTheRegister) {
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::yes);
  EXPECT_EQ(entries("/d"), std::vector<std::string>{"R"});
  EXPECT_EQ(entries(), std::vector<std::string>{"v1"});
}

TEST_F(RegisterTest, AMissingParentIsNamed) {
  Register lost("/no/R", numbers(), {&files_, &clock_, &host_});
  std::error_code error;
  EXPECT_EQ(lost.create("v1", error), Created::failed);
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(lost.last_failure().operation, "mkdir");
}

// The touch has not found it, and the listing does: it was made in between, and one more look is
// enough to be certain of it.
TEST_F(RegisterTest, WhatIsMadeBetweenTouchAndListingIsSeen) {
  int touches = 0;
  bool made = false;
  files_.before = [&](const auto& call) {
    touches += call.operation == Operation::touch ? 1 : 0;
    if (made || touches < 2 || call.operation != Operation::list) return;
    made = true;
    put({"v1"});
  };
  const Seen seen = register_.look_afresh(kNow);
  EXPECT_TRUE(seen.certain());
  EXPECT_EQ(seen.value, "v1");
}

// The reply to a probe's CREATE was lost, and the kernel has sent it again.
TEST_F(RegisterTest, AProbeThatIsThereAlreadyIsItsOwnAndLeavesNothing) {
  bool doubled = false;
  files_.before = [&](const auto& call) {
    if (doubled || call.operation != Operation::create) return;
    doubled = true;
    ASSERT_FALSE(disk_.create(call.from, "", 0666));
  };
  const Seen seen = register_.look_afresh(kNow);
  EXPECT_TRUE(doubled);
  EXPECT_TRUE(seen.fresh);
  EXPECT_EQ(seen.sight, Sight::missing);
  EXPECT_TRUE(entries("/d").empty());
}

// A rename of a directory that was reported as failed and applied: emptying the private directory
// in its place would empty the live register.
TEST_F(RegisterTest, AMakerNeverEmptiesWhatMayBeLive) {
  files_.add({Operation::rename, Effect::reply_lost, EIO, 1, "/d/R"});
  files_.before = [&](const auto& call) {
    const bool probe = call.from.find(".probe.") != std::string::npos;
    if (call.operation != Operation::unlink || probe) return;
    EXPECT_NE(call.from.find(".trash."), std::string::npos);
  };
  for (std::size_t nth = 1; nth <= 2; ++nth) {
    files_.add({Operation::rename, Effect::reply_lost, EIO, nth, "/d/R"});
    std::error_code error;
    const Created created = register_.create("v1", error);
    EXPECT_TRUE(created == Created::yes || created == Created::there);
    EXPECT_EQ(entries(), std::vector<std::string>{"v1"});
    ASSERT_FALSE(disk_.unlink("/d/R/v1"));
    ASSERT_FALSE(disk_.remove_directory("/d/R"));
    files_.forget_faults();
  }
}

// Late copies of the CREATE and of the RENAME, in this order, would make a second value in the live
// register: they find nothing where the directory that they name is gone.
TEST_F(RegisterTest, WhereTheFileIsMadeIsGoneBeforeTheRegisterAppears) {
  std::string made_in;
  bool appeared = false;
  files_.before = [&](const auto& call) {
    if (call.operation == Operation::create) made_in = call.from.substr(0, call.from.rfind('/'));
    if (call.operation != Operation::rename || call.to != "/d/R") return;
    os::FileStatus status;
    EXPECT_EQ(disk_.status(made_in, os::Revalidate::forced, status),
              std::errc::no_such_file_or_directory);
    appeared = true;
  };
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::yes);
  EXPECT_TRUE(appeared);
}

// ENOTEMPTY: a late copy of the CREATE was faster. Any other error: the directory may be there yet.
TEST_F(RegisterTest, AMakerWhoseSeedDirectoryStaysBeginsAgain) {
  for (const int number : {ENOTEMPTY, EIO}) {
    files_.add({Operation::remove_directory, Effect::refused, number, 1, ".seed."});
    std::error_code error;
    EXPECT_EQ(register_.create("v1", error), Created::yes);
    EXPECT_TRUE(files_.all_hit());
    EXPECT_EQ(entries("/d"), std::vector<std::string>{"R"});
    EXPECT_EQ(entries(), std::vector<std::string>{"v1"});
    ASSERT_FALSE(disk_.unlink("/d/R/v1"));
    ASSERT_FALSE(disk_.remove_directory("/d/R"));
  }
}

/// What a maker has left that died in the middle.
void leave(os::Files& disk, const std::string& directory, const std::string& file) {
  ASSERT_FALSE(disk.make_directory(directory, 0777));
  ASSERT_FALSE(disk.create(directory + '/' + file, "", 0666));
}

TEST_F(RegisterTest, ADayLaterTheNextMakerCollectsWhatMakersHaveLeft) {
  const std::string old = ".0123456789abcdef";
  leave(disk_, "/d/R.init" + old, "seed.0123456789abcdef");
  leave(disk_, "/d/R.seed" + old, "seed.0123456789abcdef");
  leave(disk_, "/d/R.trash" + old, "v1");
  ASSERT_FALSE(disk_.create("/d/R.probe" + old, "", 0666));
  clock_.advance(std::chrono::hours(25));
  leave(disk_, "/d/R.init.00000000000000aa", "seed.00000000000000aa");
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::yes);
  EXPECT_EQ(entries("/d"), (std::vector<std::string>{"R", "R.init.00000000000000aa"}))
      << "younger than a day: its maker may be alive";
}

TEST_F(RegisterTest, WhatOnlyLooksLikeALeftoverStays) {
  const std::vector<std::string> users{"R.init.d", "R.trash.can", "R.init.0123456789ABCDEF",
                                       "R.init.0123456789abcdef0", "Rx.init.0123456789abcdef"};
  for (const std::string& name : users) leave(disk_, "/d/" + name, "seed.1");
  ASSERT_FALSE(disk_.create("/d/R.probe.0000000000000001", "a user's", 0666));
  disk_.plant("/d/R.init.0000000000000002", FileType::symlink);
  disk_.plant("/d/R.probe.0000000000000003", FileType::other);
  clock_.advance(std::chrono::hours(1000));
  std::vector<std::string> before = entries("/d");
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::yes);
  before.push_back("R");
  std::sort(before.begin(), before.end());
  std::vector<std::string> after = entries("/d");
  std::sort(after.begin(), after.end());
  EXPECT_EQ(after, before);
}

// Whatever else somebody has put into a private directory is not ours to remove.
TEST_F(RegisterTest, ForeignThingsInALeftoverStay) {
  leave(disk_, "/d/R.init.0123456789abcdef", "a user's file");
  clock_.advance(std::chrono::hours(25));
  std::error_code error;
  EXPECT_EQ(register_.create("v1", error), Created::yes);
  const std::vector<std::string> paths = disk_.paths();
  EXPECT_TRUE(std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.starts_with("/d/R.trash.") && path.ends_with("/a user's file");
  }));
}

}  // namespace
}  // namespace holdfast
