// The ssh launcher against three real sshd, each in a network of its own: every connection crosses
// a bridge. The locks' directory is the same for all of them, since they share this machine's disk.
#include "harness/fleet/ssh_launcher.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "harness/fleet/testing.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string where(const std::string& text) {
  const auto parsed = parse_destinations(text);
  if (!parsed) return parsed.error().text();
  std::string all;
  for (const SshDestination& one : *parsed) all += one.where + " " + one.port + ";";
  return all;
}

TEST(SshDestinations, AreHostsWithUsersAndPorts) {
  EXPECT_EQ(where("a"), "a ;");
  EXPECT_EQ(where("a,user@b:2222,c"), "a ;user@b 2222;c ;");
  EXPECT_EQ(where("[fe80::1]:22,me@[::1]"), "fe80::1 22;me@::1 ;");
}

// Whatever begins with a dash would be an option of ssh's, and a shell would read the rest.
TEST(SshDestinations, WhatIsNoneIsRefused) {
  for (const char* text : {"",       "a,,b",      "a,",         "-oProxyCommand=x",
                           "a b",    "u@-x",      "a:0",        "a:70000",
                           "a:",     "a:b",       "[::1",       "[::1]22",
                           "[::1]:", "[::1]:abc", "[::1]:0",    "[]:22",
                           "::1",    "fd00::1",   "me@fd00::1", "@a",
                           "a;b",    "$(x)"}) {
    EXPECT_THAT(where(text), HasSubstr(": ")) << text;
  }
}

/// Three networks, joined by a bridge, with an sshd in each. All of it is gone with this object.
class Network {
 public:
  explicit Network(const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder_);
    std::ofstream script(folder_ / "up.sh");
    script << R"(set -e; cd "$1"; n=$2
net=10.$((64 + $3 / 256 % 64)).$(($3 % 256))
ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user
cp user.pub authorized; chmod 600 authorized; mkdir -p /run/sshd
ip link add ${n}b type bridge; ip addr add $net.254/24 dev ${n}b; ip link set ${n}b up
for i in 1 2 3; do
  ip netns add $n$i
  ip link add ${n}v$i type veth peer name e0 netns $n$i
  ip link set ${n}v$i master ${n}b up
  ip -n $n$i addr add $net.$i/24 dev e0; ip -n $n$i link set e0 up; ip -n $n$i link set lo up
  ip netns exec $n$i /usr/sbin/sshd -f /dev/null -p 22 -o PidFile="$PWD/sshd$i.pid" \
    -o HostKey="$PWD/host" -o AuthorizedKeysFile="$PWD/authorized" -o StrictModes=no \
    -o UsePAM=no -o "SetEnv=HOME=$PWD XDG_CACHE_HOME=$PWD/cache" \
    -o PasswordAuthentication=no -o PermitRootLogin=yes -E sshd$i.log
  echo "Host h$i
  HostName $net.$i
  User root" >>config
done
echo "Host *
  IdentityFile $PWD/user
  IdentitiesOnly yes
  StrictHostKeyChecking accept-new
  UserKnownHostsFile $PWD/known" >>config
for i in 1 2 3; do
  for wait in $(seq 200); do [ -s sshd$i.pid ] && break; sleep 0.05; done; [ -s sshd$i.pid ]
done
)";
    std::ofstream down(folder_ / "down.sh");
    down << R"(cd "$1"; n=$2
for i in 1 2 3; do kill $(ip netns pids $n$i); ip netns del $n$i; done 2>&1
ip link del ${n}b
)";
  }
  ~Network() { script("down"); }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  bool up() { return script("up"); }
  std::string config() const { return folder_ / "config"; }
  /// They serve the tests of this process and are, once it adopts orphans, its children.
  std::vector<pid_t> servers() const {
    std::vector<pid_t> all;
    for (const char* name : {"sshd1.pid", "sshd2.pid", "sshd3.pid"}) {
      all.push_back(std::stoi(contents(folder_ / name)));
    }
    return all;
  }
  std::string log() const { return contents(folder_ / "up.log"); }

 private:
  bool script(const std::string& name) const {
    const std::string path = folder_ / name;
    const std::string pid = std::to_string(::getpid() % 100000);
    const std::string command = "bash " + path + ".sh " + folder_.string() + " hf" + pid + " " +
                                pid + " >" + path + ".log 2>&1";
    return std::system(command.c_str()) == 0;
  }
  fs::path folder_;
};

class SshTest : public FleetTest {
 protected:
  void SetUp() override {
    for (const char* program : {"/usr/sbin/sshd", "/usr/bin/ssh"}) {
      if (::access(program, X_OK) != 0) GTEST_SKIP() << program << " is not installed";
    }
    if (::geteuid() != 0) GTEST_SKIP() << "networks of one's own take root";
    if (!network_.up()) GTEST_SKIP() << "no network can be made here: " << network_.log();
    options_.spared = network_.servers();
    scenario_.hosts = {{"n1", 2, false}, {"n2", 2, false}, {"n3", 2, false}, {"n4", 2, false}};
    fs::create_directories(folder_ / "sockets");
  }

  SshLauncherOptions ssh(const std::string& destinations) {
    SshLauncherOptions options;
    options.destinations = parse_destinations(destinations).value();
    options.agent = fs::read_symlink("/proc/self/exe");
    options.client_errors = options_.agent_errors;
    options.sockets = folder_ / "sockets";
    options.run_name = "ssh" + std::to_string(::getpid());
    options.client_options = {"-F", network_.config()};
    return options;
  }

  fs::path network_folder_ = folder_ / "network";
  Network network_{network_folder_};
};

TEST_F(SshTest, ThreeHostsWorkTogether) {
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(50))};
  launcher_ = make_ssh_launcher(ssh("h1,root@h2:22,h3")).value();
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_GT(outcome->last.grants, 20U);
  EXPECT_THAT(outcome->lost_hosts, IsEmpty());
  expect_histories_of_all_lives();
  for (const auto& entry : fs::directory_iterator("/tmp")) {
    EXPECT_THAT(entry.path().string(), ::testing::Not(HasSubstr("holdfast-" + ssh("h1").run_name)));
  }
}

TEST_F(SshTest, ALostConnectionIsAnEventAndTheHostEndsItsPart) {
  scenario_.until.duration = milliseconds(1500);
  launcher_ = make_ssh_launcher(ssh("h1,h2,h3")).value();
  bool killed = false;
  options_.progress = [&](const FleetProgress& now) {
    if (now.workers == 8 && !std::exchange(killed, true)) launcher_->kill({1, "n2"});
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(outcome->lost_hosts, ::testing::ElementsAre("n2"));
  EXPECT_TRUE(eventually([&] {
    return !fs::exists("/tmp/holdfast-" + ssh("h1").run_name + "-n2");
  })) << "its agent is still there";
}

TEST_F(SshTest, AHostThatCannotBeReachedIsNamedWithTheReason) {
  launcher_ = make_ssh_launcher(ssh("h1,h2:23")).value();
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("h2"));
  EXPECT_THAT(outcome.error().text(), HasSubstr("Connection refused"));
}

// The key is not one that the hosts know: nobody is asked for a password.
TEST_F(SshTest, AHostThatWantsAPasswordIsAProblem) {
  std::ofstream(network_folder_ / "authorized") << "";
  launcher_ = make_ssh_launcher(ssh("h1")).value();
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("Permission denied"));
}

TEST_F(SshTest, AnAgentThatIsThereIsNotCopiedAgain) {
  launcher_ = make_ssh_launcher(ssh("h1")).value();
  ASSERT_TRUE(run());
  std::set<fs::path> agents;
  const fs::path cache = network_folder_ / "cache/holdfast";
  for (const auto& entry : fs::directory_iterator(cache)) agents.insert(entry.path());
  ASSERT_THAT(agents, SizeIs(1));
  const auto written = fs::last_write_time(*agents.begin());
  fs::remove_all(places_.run + "/history");
  fs::create_directories(places_.run + "/history");
  launcher_ = make_ssh_launcher(ssh("h1,h2")).value();
  ASSERT_TRUE(run());
  EXPECT_EQ(fs::last_write_time(*agents.begin()), written) << "it was copied once more";
}

}  // namespace
}  // namespace holdfast::harness::testing
