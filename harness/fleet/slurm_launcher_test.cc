// The slurm launcher against a cluster of three nodes on this machine: a real slurmctld, and three
// real slurmd, each in a network of its own.
#include "harness/fleet/slurm_launcher.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "harness/fleet/testing.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// All of it is gone with this object.
class Cluster {
 public:
  explicit Cluster(const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "up.sh") << R"sh(set -e; cd "$1"; n=$2
net=10.$((128 + $3 / 256 % 64)).$(($3 % 256))
mkdir -p state spool log cgroup/freezer
ip link add ${n}b type bridge; ip addr add $net.254/24 dev ${n}b; ip link set ${n}b up
echo "ClusterName=holdfast
SlurmctldHost=${n}ctl($net.254)
SlurmctldPort=$((20000 + $3 % 10000))
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool/%n
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.%n.pid
SlurmctldLogFile=$PWD/log/slurmctld
SlurmdLogFile=$PWD/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
MpiDefault=none
KillWait=2
JobAcctGatherType=jobacct_gather/none
PartitionName=all Nodes=ALL Default=YES State=UP" >slurm.conf
echo "CgroupPlugin=cgroup/v1
CgroupMountpoint=$PWD/cgroup" >cgroup.conf
for i in 1 2 3; do
  echo "NodeName=$n$i NodeAddr=$net.$i NodeHostname=$n$i CPUs=64 State=UNKNOWN" >>slurm.conf
done
export SLURM_CONF=$PWD/slurm.conf
unshare -u sh -c "hostname ${n}ctl; exec slurmctld -D -i" >log/ctl 2>&1 & echo $! >pids
for i in 1 2 3; do
  ip netns add $n$i
  ip link add ${n}v$i type veth peer name e0 netns $n$i
  ip link set ${n}v$i master ${n}b up
  ip -n $n$i addr add $net.$i/24 dev e0; ip -n $n$i link set e0 up; ip -n $n$i link set lo up
  ip netns exec $n$i unshare -mu sh -c "hostname $n$i
    mount -t cgroup -o freezer cgroup $PWD/cgroup/freezer; exec slurmd -D -N $n$i" \
    >log/d$i 2>&1 & echo $! >>pids
done
for t in $(seq 150); do
  [ "$(sinfo -h -o '%T %D' 2>/dev/null)" = "idle 3" ] && exit 0; sleep 0.1
done
tail -n 3 log/*; exit 1
)sh";
    std::ofstream(folder_ / "down.sh") << R"sh(cd "$1"; n=$2
export SLURM_CONF=$PWD/slurm.conf; scancel --full -u root
kill $(cat pids); for t in $(seq 50); do kill -0 $(cat pids) || break; sleep 0.1; done
kill -9 $(cat pids)
for i in 1 2 3; do kill -9 $(ip netns pids $n$i); ip netns del $n$i; done
ip link del ${n}b
)sh";
  }
  ~Cluster() { script("down"); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  bool up() { return script("up"); }
  std::string configuration() const { return folder_ / "slurm.conf"; }
  std::string log() const { return contents(folder_ / "up.log"); }
  /// The power of a node is cut: all that runs there is gone at once.
  void cut(int node) const {
    const std::string net = name() + std::to_string(node);
    // Some end while the others are killed, which is no failure.
    static_cast<void>(std::system(("kill -9 $(ip netns pids " + net + "); true").c_str()));
  }
  std::string nodes() const { return name() + "[1-3]"; }
  /// They serve the tests of this process and are, once it adopts orphans, its children.
  std::vector<pid_t> servers() const {
    std::vector<pid_t> all;
    std::ifstream file(folder_ / "pids");
    for (pid_t one = 0; file >> one;) all.push_back(one);
    return all;
  }

 private:
  static std::string name() { return "hs" + std::to_string(::getpid() % 100000) + "n"; }
  bool script(const std::string& which) const {
    const std::string path = folder_ / which;
    const std::string pid = std::to_string(::getpid() % 100000);
    const std::string command = "bash " + path + ".sh " + folder_.string() + " " + name() + " " +
                                pid + " >" + path + ".log 2>&1";
    return std::system(command.c_str()) == 0;
  }
  fs::path folder_;
};

class SlurmTest : public FleetTest {
 protected:
  void SetUp() override {
    for (const char* program : {"/usr/sbin/slurmd", "/usr/sbin/slurmctld", "/usr/bin/srun"}) {
      if (::access(program, X_OK) != 0) GTEST_SKIP() << program << " is not installed";
    }
    if (::geteuid() != 0) GTEST_SKIP() << "a cluster of one's own takes root";
    // A fleet kills whose orphans it adopts when a host is lost; Slurm's are not to be ours, even
    // if an earlier test's fleet was in this process.
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    if (!cluster_.up()) GTEST_SKIP() << "no cluster gets ready here: " << cluster_.log();
    options_.spared = cluster_.servers();
    ::setenv("SLURM_CONF", cluster_.configuration().c_str(), 1);
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    scenario_.hosts = {{"n1", 2, false}, {"n2", 2, false}, {"n3", 2, false}, {"n4", 2, false}};
  }

  std::unique_ptr<Launcher> slurm() {
    SlurmLauncherOptions options;
    options.nodes = slurm_nodes(cluster_.nodes()).value();
    options.agent = fs::read_symlink("/proc/self/exe");
    options.client_errors = options_.agent_errors;
    options.run_name = "slurm" + std::to_string(::getpid());
    return make_slurm_launcher(options).value();
  }

  Cluster cluster_{folder_ / "cluster"};
};

TEST_F(SlurmTest, ThreeNodesWorkTogether) {
  scenario_.until.duration = milliseconds(1500);
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(50))};
  launcher_ = slurm();
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_GT(outcome->last.grants, 20U);
  EXPECT_THAT(outcome->lost_hosts, IsEmpty());
  expect_histories_of_all_lives();
  EXPECT_THAT(slurm_nodes("n[1-3],m7").value(), ElementsAre("n1", "n2", "n3", "m7"));
}

// A node goes down with all that runs on it: an event of the run, and the others go on.
TEST_F(SlurmTest, ALostNodeIsAnEventAndNotTheEnd) {
  scenario_.until.duration = seconds(100);
  launcher_ = slurm();
  bool cut = false, ended = false;
  std::uint64_t at_loss = 0;
  options_.progress = [&](const FleetProgress& now) {
    if (!cut && now.grants > 20) {
      cut = true;
      cluster_.cut(2);
    }
    // Slurm takes its time to find out.
    if (at_loss == 0 && now.faults.contains("controller_lost")) at_loss = now.grants;
    // The others have worked on.
    if (at_loss != 0 && now.grants > at_loss + 20 && !ended) {
      ended = ::kill(::getpid(), SIGINT) == 0;
    }
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(ended);
  EXPECT_THAT(outcome->lost_hosts, ElementsAre("n2"));
}

}  // namespace
}  // namespace holdfast::harness::testing
