// Hosts that call the controller, started by a command of the user's: those that know the token
// work, and whoever else calls is dropped and told of.
#include "harness/fleet/call_launcher.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "harness/fleet/handshake.h"
#include "harness/fleet/testing.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CallTest : public FleetTest {
 protected:
  /// The fleet whose hosts are started by `command`.
  Result<FleetOutcome> started_by(const std::string& command) {
    CallLauncherOptions options;
    options.command = command;
    options.agent = fs::read_symlink("/proc/self/exe");
    options.client_errors = options_.agent_errors;
    options.run_name = run_name_;
    options.dropped = [this](const std::string& what) { dropped_.push_back(what); };
    launcher_ = make_call_launcher(options).value();
    return run();
  }
  /// The run lasts until then, and not for a fixed time.
  void end_when(const std::function<bool()>& holds) {
    scenario_.until.duration = std::chrono::seconds(40);
    options_.progress = [holds, told = false](const FleetProgress&) mutable {
      if (!told && holds()) told = ::kill(::getpid(), SIGINT) == 0;
    };
  }
  /// What the commands said.
  std::string said() const {
    return contents(options_.agent_errors + "/h1.err") +
           contents(options_.agent_errors + "/h2.err");
  }

  ~CallTest() override {
    EXPECT_FALSE(fs::exists("/tmp/holdfast-" + run_name_ + "-h1")) << "the agent left it";
    EXPECT_FALSE(fs::exists("/tmp/holdfast-" + run_name_ + "-h2")) << "the agent left it";
  }

  std::string run_name_ = "call" + std::to_string(::getpid()) +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::vector<std::string> dropped_;
};

const std::string kAgent = R"(exec "$HOLDFAST_AGENT" agent --call)";

TEST_F(CallTest, HostsThatCallWorkTogether) {
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(50))};
  const auto outcome = started_by(kAgent);
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  EXPECT_GT(outcome->last.grants, 20U);
  EXPECT_THAT(outcome->lost_hosts, IsEmpty());
  EXPECT_THAT(dropped_, IsEmpty());
  expect_histories_of_all_lives();
}

// A batch system takes the job, and starts it when it likes.
TEST_F(CallTest, TheCommandMayBeDoneBeforeTheAgentCalls) {
  const auto outcome = started_by(
      R"((sleep 0.2; exec "$HOLDFAST_AGENT" agent --call) </dev/null >/dev/null 2>&1 &)");
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  EXPECT_GT(outcome->last.grants, 20U);
}

/// The tokens that processes below this one have in their environments.
std::set<std::string> tokens_below() {
  const std::string name = "HOLDFAST_TOKEN=";
  std::set<std::string> found;
  for (const pid_t process : descendants_of(::getpid())) {
    const std::string all = contents("/proc/" + std::to_string(process) + "/environ");
    const std::size_t at = all.find(name);
    if (at != std::string::npos) found.insert(all.substr(at + name.size(), 64));
  }
  return found;
}

// Everybody on a machine can read everybody's arguments.
TEST_F(CallTest, TheTokenIsInNobodysArguments) {
  std::set<std::string> tokens;
  std::string arguments;
  end_when([&] {
    tokens.merge(tokens_below());
    for (const pid_t process : descendants_of(::getpid())) {
      arguments += contents("/proc/" + std::to_string(process) + "/cmdline");
    }
    return tokens.size() == 2;
  });
  const auto outcome = started_by(R"("$HOLDFAST_AGENT" agent --call; true)");
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  EXPECT_THAT(arguments, HasSubstr("--call"));
  for (const std::string& token : tokens) {
    EXPECT_TRUE(handshake::well_formed(token)) << token;
    EXPECT_THAT(arguments, ::testing::Not(HasSubstr(token)));
  }
}

TEST_F(CallTest, WhoKnowsAnotherTokenIsDroppedAndToldOf) {
  const auto outcome =
      started_by(R"(HOLDFAST_TOKEN=$(printf %064d 7) "$HOLDFAST_AGENT" agent --call; )" + kAgent);
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  // The controller has proved itself by the right one, which this agent takes for a wrong one.
  EXPECT_THAT(said(), HasSubstr("does not know this run's token"));
  EXPECT_EQ(dropped_.size(), 2U);
  EXPECT_THAT(dropped_, Each(HasSubstr("a call from 127.0.0.1 was dropped")));
}

TEST_F(CallTest, WhoProvesNothingIsDroppedAndToldOf) {
  const auto outcome = started_by(R"(bash -c '
exec 3<>"/dev/tcp/${HOLDFAST_CALL%:*}/${HOLDFAST_CALL##*:}"
echo "{\"host\": \"$HOLDFAST_HOST\", \"number\": \"$(printf %064d 1)\"}" >&3
read -r answer <&3; echo "{\"proof\": \"$(printf %064d 2)\"}" >&3; cat <&3
exec 3<>"/dev/tcp/${HOLDFAST_CALL%:*}/${HOLDFAST_CALL##*:}"
echo "GET / HTTP/1.1" >&3; cat <&3
exec 3<>"/dev/tcp/${HOLDFAST_CALL%:*}/${HOLDFAST_CALL##*:}"
echo "{\"host\": \"h9\", \"number\": \"$(printf %064d 1)\"}" >&3; cat <&3
'; )" + kAgent);
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  EXPECT_EQ(dropped_.size(), 6U);
  EXPECT_THAT(dropped_, Contains(HasSubstr("it does not know the token of host h1")));
  EXPECT_THAT(dropped_, Contains(HasSubstr("it said what no agent says")));
  EXPECT_THAT(dropped_, Contains(HasSubstr("no agent is awaited for a host of the name")));
}

TEST_F(CallTest, ATokenIsGoodForOneCall) {
  end_when([this] { return dropped_.size() >= 2; });
  const auto outcome = started_by(R"("$HOLDFAST_AGENT" agent --call &
"$HOLDFAST_AGENT" agent --call; wait)");
  ASSERT_TRUE(outcome) << outcome.error().text() << said();
  EXPECT_THAT(histories(), SizeIs(6));
  EXPECT_EQ(dropped_.size(), 2U);
}

TEST_F(CallTest, ACommandThatFailsIsToldWithWhatItSaid) {
  const auto outcome = started_by("echo no such queue; exit 7");
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("ended with status 7: no such queue"));
}

TEST_F(CallTest, AnAgentThatLacksAWordOfItsEnvironmentSaysWhich) {
  const auto outcome = started_by("env -u HOLDFAST_TOKEN \"$HOLDFAST_AGENT\" agent --call");
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("HOLDFAST_TOKEN: is not in the environment"));
}

TEST(CallAddresses, AreNumericalAndHaveAPort) {
  EXPECT_EQ(parse_call_address("10.0.0.1:4711").value().port, 4711);
  EXPECT_EQ(parse_call_address("[fd00::1]:0").value().address, "fd00::1");
  EXPECT_EQ(print_call_address({"fd00::1", 7}), "[fd00::1]:7");
  for (const char* wrong : {"", "10.0.0.1", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:70000", "host:1",
                            "fd00::1:7", "[10.0.0.1]:7", ":7"}) {
    EXPECT_FALSE(parse_call_address(wrong)) << wrong;
  }
}

TEST(CallAddresses, ThatNobodyCanCallAreRefused) {
  CallLauncherOptions options;
  options.listen = {"0.0.0.0", 0};
  const auto made = make_call_launcher(options);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("give the one at which the hosts reach"));
}

}  // namespace
}  // namespace holdfast::harness::testing
