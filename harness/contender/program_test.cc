// The contender protocol against programs that keep it, and against those that do not.
#include "harness/contender/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "harness/contender/child.h"
#include "harness/contender/wire.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr int kMostLooks = 10'000'000;
constexpr const char* kHello = R"(read x; echo '{"ok":true,"name":"test","leases":true}'; )";

class ProgramTest : public testing::Test {
 protected:
  /// A shell script as the program.
  Result<std::unique_ptr<Contender>> make(const std::string& script) {
    ContenderSpec spec;
    spec.program = {"/bin/sh", "-c", script};
    spec.lifetime = seconds(2);
    spec.options = R"({"deep":{"er":[1]}})";
    Station station;
    station.directory = folder_.path();
    station.lock = "lock";
    station.worker = "h1.w1";
    station.errors = folder_ / "err";
    station.reply_bound = bound_;
    return make_program(spec, station);
  }
  std::unique_ptr<Contender> after_hello(const std::string& script) {
    auto made = make(kHello + script);
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestFolder folder_;
  std::chrono::nanoseconds bound_ = seconds(30);
};

TEST_F(ProgramTest, IsGreetedWithEverythingItNeeds) {
  ASSERT_TRUE(make("read x; echo \"$x\" > " + (folder_ / "got") + R"(; echo '{"ok":true}'; cat)"));
  EXPECT_EQ(text_of("got"), R"({"lifetime_ms":2000,"lock":")" + (folder_ / "lock") +
                                R"(","op":"hello","options":{"deep":{"er":[1]}},"version":1,)" +
                                "\"worker\":\"h1.w1\"}\n");
}

TEST_F(ProgramTest, AnswersBecomeAnswers) {
  const auto program = after_hello(R"(
      read x; echo '{"ok":false,"why":"timeout","extra":1}'
      read x; echo '{"ok":true,"token":17}'
      read x; echo '{"ok":true}'
      read x; echo '{"ok":false,"why":"lost"}'
      read x; echo '{"ok":true,"state":"other"}')");
  EXPECT_TRUE(program->traits().leases);
  EXPECT_EQ(program->traits().name, "test");
  EXPECT_EQ(program->acquire(seconds(1), {}).why, Why::timeout);
  const Answer granted = program->acquire(seconds(1), {});
  EXPECT_EQ(granted.phase, Phase::ok);
  EXPECT_EQ(granted.token, 17U);
  EXPECT_EQ(program->refresh().phase, Phase::ok);
  EXPECT_EQ(program->release().why, Why::lost);
  EXPECT_EQ(program->probe(), ProbedState::other);
}

TEST_F(ProgramTest, ItsPatienceIsSentInWholeMillisecondsUpwards) {
  const auto program = after_hello("read x; echo \"$x\" > " + (folder_ / "a") +
                                   R"(; echo '{"ok":true}'; read x; echo "$x" > )" +
                                   (folder_ / "b") + R"(; echo '{"ok":true}')");
  program->acquire(std::chrono::microseconds(1500), {});
  program->acquire(seconds(-1), {});
  EXPECT_EQ(text_of("a"), "{\"op\":\"acquire\",\"timeout_ms\":2}\n");
  EXPECT_EQ(text_of("b"), "{\"op\":\"acquire\",\"timeout_ms\":-1}\n");
}

TEST_F(ProgramTest, ALineThatIsNoReplyIsAnUnknownOutcomeAndTheEnd) {
  for (const char* line : {"granted!", "[true]", R"({"okay":true})", R"({"ok":1})", ""}) {
    const auto program = after_hello("read x; echo '" + std::string(line) + "'; cat");
    const Answer answer = program->acquire(seconds(1), {});
    EXPECT_EQ(answer.phase, Phase::info) << line;
    EXPECT_EQ(answer.why, Why::contender) << line;
    EXPECT_TRUE(program->ended()) << line;
    EXPECT_EQ(program->release().phase, Phase::info) << line;
  }
}

TEST_F(ProgramTest, AnEarlyEndIsAnUnknownOutcome) {
  const auto program = after_hello("read x; exit 0");
  const Answer answer = program->acquire(seconds(-1), {});
  EXPECT_EQ(answer.phase, Phase::info);
  EXPECT_TRUE(program->ended());
}

TEST_F(ProgramTest, NoReplyInTimeIsAnUnknownOutcome) {
  const auto program = after_hello("read x; echo '{\"ok\":true}'; cat > /dev/null");
  ASSERT_EQ(program->acquire(seconds(1), {}).phase, Phase::ok);
  bound_ = std::chrono::milliseconds(20);
  const auto hasty = after_hello("cat > /dev/null");
  const Answer answer = hasty->refresh();
  EXPECT_EQ(answer.phase, Phase::info);
  EXPECT_THAT(answer.message, HasSubstr("in time"));
  EXPECT_TRUE(hasty->ended());
}

TEST_F(ProgramTest, AGrantWithoutThePromisedTokenIsNone) {
  auto made = make(R"(read x; echo '{"ok":true,"tokens":true}'; read x; echo '{"ok":true}'; cat)");
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->acquire(seconds(1), {}).phase, Phase::info);
}

TEST_F(ProgramTest, AnotherVersionIsRefusedAndAMissingOneIsTheFirst) {
  EXPECT_THAT(make(R"(read x; echo '{"ok":true,"version":2}'; cat)").error().text(),
              HasSubstr("version 2"));
  EXPECT_TRUE(make(R"(read x; echo '{"ok":true}'; cat)"));
}

TEST_F(ProgramTest, ARefusalOfHelloIsToldInItsWords) {
  EXPECT_THAT(make(R"(read x; echo '{"ok":false,"message":"no such mode"}')").error().text(),
              HasSubstr("no such mode"));
}

TEST_F(ProgramTest, WhoDoesNotAnswerHelloHasItsLogNamed) {
  const auto silent = make("echo reason >&2; exit 1");
  ASSERT_FALSE(silent);
  EXPECT_THAT(silent.error().text(), HasSubstr(folder_ / "err"));
  EXPECT_EQ(text_of("err"), "reason\n");
  bound_ = std::chrono::milliseconds(20);
  EXPECT_THAT(make("cat > /dev/null").error().text(), HasSubstr("in time"));
}

TEST_F(ProgramTest, AProgramThatIsNotThereIsNamed) {
  ContenderSpec spec;
  spec.program = {"/no/such/program"};
  const auto made = make_program(spec, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("/no/such/program: cannot start it: No such file"));
}

TEST_F(ProgramTest, ALifetimeBelowAMillisecondCannotBeTold) {
  ContenderSpec spec;
  spec.program = {"/bin/cat"};
  spec.lifetime = std::chrono::microseconds(1500);
  EXPECT_THAT(make_program(spec, {}).error().text(), HasSubstr("/contender/lifetime"));
}

// The run's end: who waits for ever is told by SIGTERM, and may still have been granted it.
TEST_F(ProgramTest, AStopRequestAsksItToGiveUp) {
  const auto program = after_hello(R"(
      trap 'echo "{\"ok\":false,\"why\":\"cancelled\"}"' TERM
      read x; echo ready > )" + (folder_ / "ready") +
                                   "; while :; do sleep 0.01; done");
  std::stop_source stop;
  std::thread stopper([&] {
    while (!std::filesystem::exists(folder_ / "ready")) std::this_thread::yield();
    stop.request_stop();
  });
  const Answer answer = program->acquire(seconds(-1), stop.get_token());
  stopper.join();
  EXPECT_EQ(answer.phase, Phase::fail);
  EXPECT_EQ(answer.why, Why::cancelled);
  EXPECT_FALSE(program->ended());
}

TEST_F(ProgramTest, WhoDoesNotKnowThatRequestEndsByIt) {
  const auto program = after_hello("read x; exec sleep 1000");
  std::stop_source stop;
  stop.request_stop();
  const Answer answer = program->acquire(seconds(-1), stop.get_token());
  EXPECT_EQ(answer.phase, Phase::info);
  EXPECT_EQ(answer.why, Why::cancelled);
  EXPECT_TRUE(program->ended());
}

TEST_F(ProgramTest, AKilledProgramIsNoticedWithoutAsking) {
  const auto program =
      after_hello("echo $$ > " + (folder_ / "pid") + R"(; read x; echo '{"ok":true}'; cat)");
  ASSERT_EQ(program->acquire(seconds(1), {}).phase, Phase::ok);
  EXPECT_FALSE(program->ended());
  ::kill(std::stoi(text_of("pid")), SIGKILL);
  for (int i = 0; i < kMostLooks && !program->ended(); ++i) std::this_thread::yield();
  EXPECT_TRUE(program->ended());
}

// Nobody else would end it: the process that asks for the description has no group to end.
TEST_F(ProgramTest, WhatADescribedProgramHasStartedEndsWithIt) {
  ContenderSpec spec;
  spec.program = {"/bin/sh", "-c",
                  "sleep 1000 & echo $! >" + (folder_ / "pid") + "; " + kHello + "read x"};
  spec.lifetime = seconds(2);
  Station station;
  station.directory = folder_.path();
  station.lock = "lock";
  ASSERT_TRUE(describe_contender(spec, station));
  const std::string stat = "/proc/" + std::to_string(std::stoi(text_of("pid"))) + "/stat";
  const auto runs = [&] {
    std::ifstream file(stat);
    std::string number, name, state;
    return static_cast<bool>(file >> number >> name >> state) && state != "Z";
  };
  for (int i = 0; i < kMostLooks && runs(); ++i) std::this_thread::yield();
  EXPECT_FALSE(runs());
}

TEST(Child, DiesWithTheThreadThatStartedIt) {
  std::unique_ptr<Child> child;
  std::thread([&] { child = std::move(*Child::start({{"/bin/sleep", "1000"}, {}, {}})); }).join();
  for (int i = 0; i < kMostLooks && !child->ended(); ++i) std::this_thread::yield();
  EXPECT_TRUE(child->ended());
}

TEST(Child, AnEndlessLineIsItsEnd) {
  auto child = Child::start({{"/bin/sh", "-c", "yes | tr -d '\\n'"}, {}, {}});
  ASSERT_TRUE(child);
  std::string line;
  EXPECT_EQ((*child)->read_line(line, -1), Child::Heard::ended);
  (*child)->kill();
}

TEST(Child, WritingToOneThatHasEndedIsNoSignal) {
  auto child = Child::start({{"/bin/true"}, {}, {}});
  ASSERT_TRUE(child);
  for (int i = 0; i < kMostLooks && !(*child)->ended(); ++i) std::this_thread::yield();
  EXPECT_FALSE((*child)->write_line("hello"));
}

TEST(Wire, ReadsWhatAContenderDeclares) {
  const auto traits = wire::read_hello(
      R"({"ok":true,"name":"x","tokens":true,"refresh":true,"state":true,"cancel":true,)"
      R"("clock_offset_ms":500,"drift_ppm":100,)"
      R"("steady_server_clock":true,"margin_ms":12,"keeps":["",".guard"]})");
  ASSERT_TRUE(traits);
  EXPECT_TRUE(traits->tokens && traits->refresh && traits->state && traits->cancel);
  EXPECT_FALSE(traits->leases);
  EXPECT_EQ(traits->clock_offset_ms, 500);
  EXPECT_EQ(traits->drift_ppm, 100);
  EXPECT_TRUE(traits->steady_server_clock);
  EXPECT_EQ(traits->margin_ns, 12'000'000);
  EXPECT_EQ(traits->keeps, (std::vector<std::string>{"", ".guard"}));
  EXPECT_EQ(wire::read_hello(R"({"ok":true})")->clock_offset_ms, -1);
  EXPECT_FALSE(wire::read_hello(R"({"ok":true})")->steady_server_clock);
}

TEST(Wire, RefusesDeclaredNumbersThatNobodyCanMean) {
  for (const char* one : {R"("margin_ms":-5)", R"("margin_ms":9000000000001)", R"("drift_ppm":-2)",
                          R"("clock_offset_ms":9223372036854775807)"}) {
    const auto traits = wire::read_hello(R"({"ok":true,)" + std::string(one) + "}");
    ASSERT_FALSE(traits) << one;
    EXPECT_THAT(traits.error().text(), HasSubstr("allowed are 0 to"));
  }
}

}  // namespace
}  // namespace holdfast::harness
