#include "harness/lab/guest.h"

#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "harness/lab/guest_network.h"
#include "harness/lab/guest_service.h"
#include "harness/lab/layout.h"
#include "harness/lab/run_program.h"
#include "harness/lab/socket.h"

namespace holdfast::harness::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr const char* kDisk = "/srv/disk";

Result<void> mount_at(const std::string& source, const std::string& place, const std::string& type,
                      unsigned long flags = 0, const std::string& data = {}) {
  std::error_code error;
  fs::create_directories(place, error);
  if (::mount(source.c_str(), place.c_str(), type.c_str(), flags, data.c_str()) == 0) return {};
  return problem(place, "mount " + type + " there", system_error());
}

Result<void> write_word(const std::string& file, const std::string& word) {
  const Descriptor open(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (open &&
      ::write(open.number(), word.data(), word.size()) == static_cast<ssize_t>(word.size())) {
    return {};
  }
  return problem(file, "write " + word, system_error());
}

/// Loads modules of the guest's kernel, with all that they need.
class Modules {
 public:
  Modules() {
    utsname kernel{};
    ::uname(&kernel);
    folder_ = std::string("/usr/lib/uml/modules/") + kernel.release + "/";
    std::ifstream table(folder_ + "modules.dep");
    for (std::string line; std::getline(table, line);) lines_.push_back(line);
  }

  Result<void> load(const std::string& name) {
    const std::string ending = "/" + name + ".ko:";
    for (const std::string& line : lines_) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || !line.substr(0, colon + 1).ends_with(ending)) continue;
      std::istringstream words(line.substr(colon + 1));
      std::vector<std::string> needed;
      for (std::string file; words >> file;) needed.insert(needed.begin(), file);
      needed.push_back(line.substr(0, colon));
      for (const std::string& file : needed) {
        if (auto done = insert(file); !done) return done;
      }
      return {};
    }
    return {};  // built in, as far as one can see; whoever needs it will say if it is not
  }

 private:
  Result<void> insert(const std::string& file) {
    if (!loaded_.insert(file).second) return {};
    const Descriptor open(::open((folder_ + file).c_str(), O_RDONLY | O_CLOEXEC));
    if (open && (::syscall(SYS_finit_module, open.number(), "", 0) == 0 || errno == EEXIST)) {
      return {};
    }
    return problem(folder_ + file, "load this module", system_error());
  }

  std::string folder_;
  std::vector<std::string> lines_;
  std::set<std::string> loaded_;
};

/// The outer tree with a layer of memory on top becomes the root; `shared` is the outer machine's.
Result<void> make_root(const std::string& shared) {
  const std::string layers = "/mnt", root = "/mnt/root";
  if (auto done = mount_at("memory", layers, "tmpfs"); !done) return done;
  for (const char* name : {"/mnt/over", "/mnt/work"}) ::mkdir(name, 0755);
  if (auto done = mount_at("overlay", root, "overlay", 0,
                           "lowerdir=/,upperdir=/mnt/over,workdir=/mnt/work");
      !done) {
    return done;
  }
  if (::chdir(root.c_str()) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
      ::chroot(".") != 0 || ::chdir("/") != 0) {
    return problem(root, "make it the root", system_error());
  }
  const std::vector<std::pair<std::string, std::string>> all = {
      {"proc", "/proc"}, {"sysfs", "/sys"},     {"devtmpfs", "/dev"},
      {"tmpfs", "/run"}, {"tmpfs", "/dev/shm"}, {"devpts", "/dev/pts"}};
  for (const auto& [type, place] : all) {
    if (auto done = mount_at(type, place, type); !done) return done;
  }
  return mount_at("none", shared, "hostfs", 0, shared);
}

// --- the server

Result<void> run_all(const std::vector<std::vector<std::string>>& programs) {
  for (const auto& words : programs) {
    if (auto done = run_program(words); !done) return tl::unexpected(done.error());
  }
  return {};
}

Result<void> become_server(const GuestConfig& config) {
  if (auto done = mount_at("/dev/ubda", kDisk, "ext4"); !done) return done;
  const std::string data = std::string(kDisk) + "/data", state = std::string(kDisk) + "/state";
  std::error_code error;
  fs::create_directories(data, error);
  ::chmod(data.c_str(), 01777);
  // What the server knows of its clients outlives its crash, as on any server.
  for (const char* name : {"/sm", "/sm.bak", "/v4recovery", "/nfsdcld"}) {
    fs::create_directories(state + name, error);
  }
  for (const char* name : {"/etab", "/rmtab"}) std::ofstream(state + name, std::ios::app);
  if (auto done = mount_at(state, "/var/lib/nfs", "", MS_BIND); !done) return done;
  if (auto done = mount_at("nfsd", "/proc/fs/nfsd", "nfsd"); !done) return done;
  // Ten seconds is the least that the kernel takes.
  for (const char* file : {"/proc/fs/nfsd/nfsv4leasetime", "/proc/fs/nfsd/nfsv4gracetime"}) {
    if (auto done = write_word(file, "10"); !done) return done;
  }
  // The grace of version 3's locks keeps those of version 4 waiting, too, and cannot be ended. The
  // kernel rounds it up to a multiple of the timeout, of which three seconds are the least.
  for (const auto& [word, value] : {std::pair{"nlm_timeout", "3"}, {"nlm_grace_period", "1"}}) {
    const std::string file = std::string("/proc/sys/fs/nfs/") + word;
    if (auto done = write_word(file, value); !done) return done;
  }
  const std::string how = config.spec.sync ? "sync" : "async";
  if (auto done =
          run_all({{"rpcbind", "-w"},
                   {"exportfs", "-o",
                    "rw," + how + ",no_root_squash,no_subtree_check,insecure,fsid=0", "*:" + data},
                   {"rpc.mountd", "--port", "20048"},
                   {"rpc.nfsd", "8"}});
      !done) {
    return done;
  }
  return write_word("/proc/fs/nfsd/v4_end_grace", "Y");
}

// --- a client

bool reachable(const std::string& address, int port) {
  return connect_to(address, port, milliseconds(300)).has_value();
}

/// One try to mount, in a process of its own, which is killed when it takes too long: a kernel that
/// met a server just as that crashed asks again after ever longer times, up to minutes, and one
/// that begins anew finds it there.
///
/// Returns: the error's number; 0: it is mounted.
int try_to_mount(const MountCall& call) {
  constexpr milliseconds kBound{10'000}, kStep{10};
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    const int done =
        ::mount(call.source.c_str(), kMountPoint, call.type.c_str(), 0, call.data.c_str());
    ::_exit(done == 0 ? 0 : errno);
  }
  int status = 0;
  for (milliseconds waited{0}; waited < kBound; waited += kStep) {
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    }
    std::this_thread::sleep_for(kStep);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  // It may have been done just then.
  return WIFEXITED(status) ? WEXITSTATUS(status) : ETIMEDOUT;
}

Result<void> become_client(const GuestConfig& config) {
  constexpr int kTries = 600;
  const bool v3 = config.spec.nfs == "3";
  int tries = 0;
  while (!reachable(config.server_address, 2049) ||
         (v3 && !reachable(config.server_address, 20048))) {
    if (++tries == kTries) return problem(config.server_address, "no NFS server answers there");
    std::this_thread::sleep_for(milliseconds(50));
  }
  const MountCall call = mount_call(config.spec, config.server_address);
  ::mkdir(kMountPoint, 0755);
  // The server listens before it knows what it exports, and may be crashed while it is asked.
  const std::set<int> passing = {EACCES, ENOENT, ECONNREFUSED, ETIMEDOUT, EIO};
  int error = 0;
  for (tries = 0; tries < 100; ++tries) {
    error = try_to_mount(call);
    if (error == 0) return {};
    if (!passing.contains(error)) break;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return problem(kMountPoint, "mount " + call.source + " there (" + call.data + ")",
                 std::error_code(error, std::generic_category()));
}

Result<GuestConfig> become(const std::string& config_file) {
  auto config = read_guest_config(config_file);
  if (!config) return config;
  Modules modules;
  std::vector<std::string> wanted = {"overlay", "sch_netem"};
  if (config->server) {
    wanted.insert(wanted.end(), {"nfsd", "nfsv3", "nfsv4"});
  } else {
    wanted.push_back(config->spec.nfs == "3" ? "nfsv3" : "nfsv4");
  }
  for (const std::string& name : wanted) {
    if (auto done = modules.load(name); !done) return tl::unexpected(done.error());
  }
  if (auto done = make_root(config->shared); !done) return tl::unexpected(done.error());
  ::sethostname(config->name.data(), config->name.size());
  if (auto done = raise_network(config->nfs_address, config->control_address); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = config->server ? become_server(*config) : become_client(*config); !done) {
    return tl::unexpected(done.error());
  }
  return config;
}

[[noreturn]] void halt() {
  ::sync();
  ::reboot(LINUX_REBOOT_CMD_POWER_OFF);
  std::_Exit(1);
}

}  // namespace

void be_guest(const std::string& config_file) {
  // The kernel gives its first process no path to look for programs in.
  ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  const auto config = become(config_file);
  if (!config) {
    std::printf("labguest: %s\n", config.error().text().c_str());
    std::fflush(stdout);
    halt();
  }
  const auto served = serve_guest(*config);
  std::printf("labguest: %s\n", served.error().text().c_str());
  std::fflush(stdout);
  halt();
}

}  // namespace holdfast::harness::lab
