#include "harness/sim/replay_file.h"

#include <gmock/gmock.h>

#include "harness/sim/draw.h"

namespace holdfast::harness::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Failure drawn(std::uint64_t seed) {
  Range range;
  range.forgetful_server = seed % 2 == 0;
  Setting setting = draw_setting(range, seed);
  setting.lock_exists = true;
  RandomDecisions decisions;
  decisions.reset(range, setting, seed);
  Recording recording(decisions);
  Stage stage;
  stage.run(setting, recording);
  Failure failure{setting, recording.choices(), {"mutual_exclusion", "two at once", "", {}}, {}};
  failure.mistake.out_of_contract = seed % 3 == 0;
  if (seed % 4 != 0) failure.seed = seed << 60;
  return failure;
}

TEST(ReplayFile, KeepsEverythingThatMakesASchedule) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Failure failure = drawn(seed);
    const std::string text = replay_text(failure);
    const auto read = parse_replay(text, "a.json");
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(replay_text(*read), text);
    EXPECT_EQ(read->choices, failure.choices);
  }
}

/// A small one, with a choice of each kind, and what is wrong with it in the end.
class MalformedReplay : public testing::Test {
 protected:
  static Failure small() {
    Failure failure;
    failure.setting.hosts.resize(2);
    failure.setting.hosts[1].name = "b";
    failure.setting.processes.resize(2);
    for (ProcessSetting& process : failure.setting.processes) process.rounds.resize(1);
    failure.setting.incidents = {{.kind = Incident::Kind::pause}};
    failure.choices = {
        {.actor = 1, .call = Call::rename, .number = 1, .fate = {Mishap::lost_reply}},
        {.what = Choice::What::turn, .actor = 0, .call = Call::list, .instead = 1}};
    failure.mistake = {"mutual_exclusion", "two at once", "", {}};
    return failure;
  }
  static std::string error_of(const std::string& text) {
    const auto read = parse_replay(text, "a.json");
    return read ? "it was read" : read.error().text();
  }
  /// With the first `from` replaced.
  static std::string error_of(const std::string& from, const std::string& to) {
    std::string text = replay_text(small());
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return "no " + from;
    return error_of(text.replace(at, from.size(), to));
  }
};

TEST_F(MalformedReplay, IsReadWithoutAMistake) {
  EXPECT_EQ(error_of(replay_text(small())), "it was read");
}

TEST_F(MalformedReplay, HasAnUnknownMember) {
  EXPECT_THAT(error_of("\"lock_exists\"", "\"lock_exits\": true, \"lock_exists\""),
              StartsWith("a.json: /setting/lock_exits: unknown member \"lock_exits\"; did you mean "
                         "\"lock_exists\"?"));
  EXPECT_THAT(
      error_of("\"choices\"", "\"chioces\": [], \"choices\""),
      StartsWith("a.json: /chioces: unknown member \"chioces\"; did you mean \"choices\"?"));
  EXPECT_THAT(error_of("\"nth\"", "\"nht\": 0, \"nth\""),
              StartsWith("a.json: /choices/1/nht: unknown member \"nht\"; did you mean \"nth\"?"));
}

TEST_F(MalformedReplay, LacksAMember) {
  EXPECT_EQ(error_of("\"lock_exists\"", "\"lock_exits\""),
            "a.json: /setting: 'lock_exists' is missing; did you mean it by 'lock_exits'?");
  EXPECT_EQ(error_of("\"holdfast\": \"replay\",", ""),
            "a.json: /holdfast: is missing, so this is no replay; a scenario is for holdfast run");
}

TEST_F(MalformedReplay, HasAMemberTwice) {
  EXPECT_THAT(error_of("\"lock_exists\"", "\"lock_exists\": true, \"lock_exists\""),
              HasSubstr("/setting/lock_exists"));
}

TEST_F(MalformedReplay, HasAValueOfAnotherType) {
  EXPECT_EQ(error_of("\"lock_exists\": true", "\"lock_exists\": 7"),
            "a.json: /setting/lock_exists: expected true or false");
  EXPECT_EQ(error_of("\"choices\": [", "\"choices\": [7,"),
            "a.json: /choices/0: expected an object");
  EXPECT_EQ(error_of("\"hosts\": [", "\"hosts\": [[],"),
            "a.json: /setting/hosts/0: expected an object");
  EXPECT_EQ(error_of("\"retry_errnos\": []", "\"retry_errnos\": [\"EIO\"]"),
            "a.json: /setting/retry_errnos: expected a list of errno values");
  EXPECT_EQ(error_of("\"drift\": 0.01", "\"drift\": \"0.01\""),
            "a.json: /setting/drift: expected a number");
}

TEST_F(MalformedReplay, HasAValueOutOfRange) {
  EXPECT_EQ(error_of("\"rate_ppm\": 0", "\"rate_ppm\": 1000000"),
            "a.json: /setting/hosts/0/rate_ppm: 1000000 is not within -900000 and 900000");
  EXPECT_EQ(error_of("\"hold_ns\": 0", "\"hold_ns\": -1"),
            "a.json: /setting/processes/0/rounds/0/hold_ns: -1 is not within 0 and "
            "1000000000000000000");
  EXPECT_EQ(
      error_of("\"patience_ns\": 9223372036854775807", "\"patience_ns\": 9223372036854775806"),
      "a.json: /setting/processes/0/rounds/0/patience_ns: 9223372036854775806 is not within 0 "
      "and 1000000000000000000");
  // By the lock itself, which names the option.
  EXPECT_THAT(error_of("\"drift\": 0.01", "\"drift\": 7"),
              AllOf(StartsWith("a.json: /setting"), HasSubstr("drift")));
  EXPECT_THAT(error_of("\"refreshes\": 0", "\"refreshes\": 0, \"renewed_for_ns\": 1"),
              StartsWith("a.json: /setting/processes/0/rounds/0/renewed_for_ns: "));
}

TEST_F(MalformedReplay, NamesAChoiceThatThereIsNot) {
  EXPECT_THAT(
      error_of("\"call\": \"rename\"", "\"call\": \"renam\""),
      StartsWith("a.json: /choices/0/call: unknown call \"renam\"; did you mean \"rename\"?"));
  EXPECT_THAT(error_of("\"lost_reply\"", "\"lost_replies\""),
              StartsWith("a.json: /choices/0/mishap: unknown mishap \"lost_replies\"; did you mean "
                         "\"lost_reply\"?"));
  EXPECT_THAT(error_of("\"kind\": \"pause\"", "\"kind\": \"paws\""),
              StartsWith("a.json: /setting/incidents/0/kind: unknown kind \"paws\"; did you mean "
                         "\"pause\"?"));
}

TEST_F(MalformedReplay, IsAboutSomebodyWhoIsNotThere) {
  EXPECT_EQ(error_of("\"of\": \"p2\"", "\"of\": \"p3\""),
            "a.json: /choices/0/of: there is no p3; /setting/processes has 2");
  EXPECT_EQ(error_of("\"of\": \"p2\"", "\"of\": \"q\""),
            "a.json: /choices/0/of: 'q' is nobody; such are p1, late p1, incident 1, time");
  EXPECT_EQ(error_of("\"of\": \"p2\"", "\"of\": \"p0\""),
            "a.json: /choices/0/of: 'p0' is nobody; such are p1, late p1, incident 1, time");
  EXPECT_EQ(error_of("\"of\": \"p2\"", "\"of\": \"incident 1\""),
            "a.json: /choices/0/of: 'incident 1' sends no requests; a process does, such as p1");
  EXPECT_EQ(error_of("\"runs\": \"p2\"", "\"runs\": \"late p9\""),
            "a.json: /choices/1/runs: there is no p9; /setting/processes has 2");
  EXPECT_EQ(error_of("\"runs\": \"p2\"", "\"runs\": \"incident 2\""),
            "a.json: /choices/1/runs: there is no incident 2; /setting/incidents has 1");
  EXPECT_EQ(error_of("\"host\": 0", "\"host\": 2"),
            "a.json: /setting/processes/0/host: 2 is not within 0 and 1");
  // A keeper's fibers, and whoever stops an acquire, are counted behind the processes.
  Failure threads = small();
  threads.setting.processes[0].rounds[0].keeper = true;
  threads.choices[0].actor = 3;
  EXPECT_EQ(error_of(replay_text(threads)), "it was read");
}

TEST_F(MalformedReplay, HasNobodyInIt) {
  Failure empty = small();
  empty.setting.processes.clear();
  EXPECT_EQ(error_of(replay_text(empty)), "a.json: /setting/processes: at least one is needed");
  empty.setting.hosts.clear();
  EXPECT_EQ(error_of(replay_text(empty)), "a.json: /setting/hosts: at least one is needed");
}

TEST_F(MalformedReplay, IsOfAnotherVersion) {
  EXPECT_EQ(
      error_of("\"version\": 3", "\"version\": 4"),
      "a.json: /version: found 4, and this holdfast reads 3: use the newer one that has written "
      "it");
  EXPECT_EQ(
      error_of("\"version\": 3", "\"version\": 2"),
      "a.json: /version: found 2, and this holdfast reads 3: use the older one that has written "
      "it, or have the schedule found anew");
  EXPECT_EQ(error_of("\"version\": 3", "\"version\": \"3\""),
            "a.json: /version: expected a whole number");
}

TEST_F(MalformedReplay, IsSomethingElse) {
  EXPECT_EQ(error_of("\"holdfast\": \"replay\"", "\"holdfast\": \"exploration\""),
            "a.json: /holdfast: found \"exploration\", allowed is \"replay\"; this file is for "
            "holdfast explore FILE");
  EXPECT_EQ(error_of("\"contender\": \"baton\"", "\"contender\": \"x\""),
            "a.json: /setting/contender: there is no contender 'x'; see holdfast explore --list");
  EXPECT_EQ(error_of("[1, 2]"), "a.json: expected an object");
}

TEST_F(MalformedReplay, IsNoJson) {
  const std::string text = replay_text(small());
  EXPECT_THAT(error_of(text + "x"), StartsWith("a.json: line "));
  EXPECT_THAT(error_of(text + text), StartsWith("a.json: line "));
  EXPECT_THAT(error_of("{\n  \"version\": 3,\n  oops"), StartsWith("a.json: line 3, column 3: "));
  // Cut off at any place: never more than a mistake that is told.
  for (std::size_t length = 1; length + 2 < text.size(); length += 37) {
    EXPECT_THAT(error_of(text.substr(0, length)), StartsWith("a.json: line ")) << length;
  }
}

TEST_F(MalformedReplay, IsEmptyOrHuge) {
  for (const char* const nothing : {"", " \n"}) {
    EXPECT_EQ(error_of(nothing),
              "a.json: is empty; a replay is what holdfast explore has kept as replay.json");
  }
  EXPECT_THAT(error_of(std::string(kMostReplayBytes + 1, ' ')),
              StartsWith("a.json: has more than 67108864 bytes"));
  Failure many = small();
  many.setting.hosts.resize(17);
  EXPECT_EQ(error_of(replay_text(many)), "a.json: /setting/hosts: expected a list of at most 16");
}

// It is read, and whoever takes its choices is told of those whose moment never comes.
TEST_F(MalformedReplay, HasChoicesWhoseMomentNeverComes) {
  Failure failure = small();
  failure.choices = {
      {.actor = 0, .call = Call::rename, .number = 1, .fate = {Mishap::late_reply, Duration(1000)}},
      {.actor = 0, .call = Call::rename, .number = 900'000, .fate = {Mishap::lost_reply}}};
  const auto read = parse_replay(replay_text(failure), "a.json");
  ASSERT_TRUE(read) << read.error().text();
  Replaying decisions(read->choices);
  Stage stage;
  stage.run(read->setting, decisions);
  EXPECT_EQ(decisions.missed(), std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace holdfast::harness::sim
