// Controller and agent of different versions: they part at once, and say which they speak.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/spawn.h"
#include "harness/fleet/testing.h"

namespace holdfast::harness::testing {
namespace {

using ::testing::HasSubstr;

/// Local hosts, but for the second: its agent greets as one of version 77 would.
class MixedLauncher : public Launcher {
 public:
  MixedLauncher(std::unique_ptr<Launcher> hosts, std::string errors)
      : hosts_(std::move(hosts)), errors_(std::move(errors)) {}
  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return hosts_->places(host, run);
  }
  void launch(boost::asio::io_context& context, const HostSeat& host,
              Connected connected) override {
    if (host.index != 1) return hosts_->launch(context, host, std::move(connected));
    SpawnOptions options;
    options.program = "sh";
    options.arguments = {"-c", "read -r hello; echo '" + to_line(FromAgent(Greeting{77, 1, ""})) +
                                   "'; exec cat >/dev/null"};
    options.errors = errors_ + "/" + host.name + ".err";
    const auto process = spawn(options);
    if (!process) return connected(tl::unexpected(process.error()));
    process_ = process->pid;
    connected(AgentStreams{process->input, process->output, process->pid});
  }
  void kill(const HostSeat& host) override {
    if (host.index != 1) return hosts_->kill(host);
    if (const pid_t process = std::exchange(process_, 0); process != 0) ::kill(process, SIGKILL);
  }

 private:
  std::unique_ptr<Launcher> hosts_;
  std::string errors_;
  pid_t process_ = 0;
};

TEST_F(FleetTest, AnAgentOfAnotherVersionIsAProblemThatNamesItsHost) {
  launcher_ = std::make_unique<MixedLauncher>(std::move(launcher_), options_.agent_errors);
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("agent of h2: speaks version 77"));
  EXPECT_THAT(outcome.error().text(),
              HasSubstr("this controller speaks " + std::to_string(kAgentProtocol)));
}

TEST(AgentVersion, AControllerOfAnotherVersionIsToldSo) {
  SpawnOptions options;
  options.arguments = {"agent"};
  const auto agent = spawn(options);
  ASSERT_TRUE(agent) << agent.error().text();
  const std::string hello = to_line(ToAgent(Hello{77})) + "\n";
  EXPECT_EQ(::write(agent->input, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
  std::string said;
  for (char byte = 0; ::read(agent->output, &byte, 1) == 1 && byte != '\n';) said += byte;
  EXPECT_THAT(said, HasSubstr("the controller speaks version 77"));
  EXPECT_THAT(said, HasSubstr("this agent speaks " + std::to_string(kAgentProtocol)));
  ::close(agent->input);
  ::close(agent->output);
  ::waitpid(agent->pid, nullptr, 0);
}

}  // namespace
}  // namespace holdfast::harness::testing
