#include "harness/lab/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/lab/cuts.h"
#include "harness/lab/guest.h"
#include "harness/lab/machines.h"
#include "harness/lab/run_program.h"
#include "harness/lab/socket.h"

namespace holdfast::harness::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::seconds kPatience{5};

std::string line_of(const json& answer) {
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

json refusal(const Problem& why) { return {{"problem", why.text()}}; }

json answer_of(const Result<void>& done) { return done ? json::object() : refusal(done.error()); }

Descriptor lock_file(const std::string& name) {
  return Descriptor(
      ::open((lab_folder(name) + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

Result<LabSetup> read_setup(const std::string& line) {
  const json read = json::parse(line, nullptr, false);
  if (!read.is_object()) return problem("the lab's keeper", "was not told which lab");
  LabSetup setup;
  setup.name = read.value("name", "");
  setup.shared = read.value("shared", "");
  setup.spec.nfs = read.value("nfs", "");
  setup.spec.mount_options = read.value("mount_options", "");
  setup.spec.sync = read.value("sync", true);
  setup.spec.hosts = read.value("hosts", std::vector<std::string>{});
  return setup;
}

/// The first process of the lab's namespaces.
class Keeper {
 public:
  Keeper(LabSetup setup, std::string program)
      : setup_(std::move(setup)),
        folder_(lab_folder(setup_.name)),
        machines_(folder_, std::move(program), guests_of(setup_.spec)) {}

  int keep() {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    auto listener = raise();
    std::cout << line_of(listener ? json{{"up", true}} : refusal(listener.error())) << std::endl;
    if (!listener) return 1;
    const Descriptor children(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    serve(listener->number(), children.number());
    return 0;  // and the kernel kills all that is in this namespace
  }

 private:
  Result<Descriptor> raise() {
    // What is mounted here stays here, and /proc shows this namespace's processes.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
      return problem("/proc", "mount it anew", system_error());
    }
    if (auto done = run_program({"ip", "-batch", "-"}, network_script(machines_.guests())); !done) {
      return tl::unexpected(done.error());
    }
    if (auto done = make_cuts(); !done) return tl::unexpected(done.error());
    if (auto done = make_disk(); !done) return tl::unexpected(done.error());
    for (const Guest& guest : machines_.guests()) {
      std::ofstream(folder_ + "/" + guest.name + ".json") << config_of(guest);
      if (auto done = machines_.boot(guest); !done) return tl::unexpected(done.error());
    }
    return listen_at(folder_ + "/control");
  }

  Result<void> make_disk() const {
    const std::string disk = folder_ + "/disk";
    const Descriptor file(::open(disk.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file || ::ftruncate(file.number(), off_t{256} << 20) != 0) {
      return problem(disk, "make the server's disk", system_error());
    }
    const auto done = run_program({"mke2fs", "-q", "-F", "-t", "ext4", disk});
    if (!done) return tl::unexpected(done.error());
    return {};
  }

  std::string config_of(const Guest& guest) const {
    return to_text(GuestConfig{guest.name, guest.server, guest.nfs_address, guest.control_address,
                               machines_.guests().front().nfs_address, setup_.shared, setup_.spec});
  }

  void serve(int listener, int children) {
    pollfd all[3] = {{listener, POLLIN, 0}, {children, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (!down_) {
      if (::poll(all, kept_ ? 2 : 3, -1) < 0) continue;
      signalfd_siginfo told;
      while (::read(children, &told, sizeof told) > 0) {
      }
      machines_.reap();
      if (all[0].revents != 0) serve_one(listener);
      if (!kept_ && all[2].revents != 0) return;  // whoever wanted this lab is gone
    }
  }

  void serve_one(int listener) {
    const Descriptor peer = accept_one(listener);
    if (!peer) return;
    const auto line = read_line(peer.number(), kPatience);
    if (!line) return;
    json said;
    try {
      said = answer(json::parse(*line));
    } catch (const json::exception& error) {
      said = {{"problem", error.what()}};
    }
    // A peer that is gone by now has no use for it.
    static_cast<void>(send_line(peer.number(), line_of(said)));
  }

  json answer(const json& request) {
    const std::string what = request.at("do");
    if (what == "status") return status();
    if (what == "keep") kept_ = true;
    if (what == "down") down_ = true;
    if (kept_ && what == "keep") return json::object();
    if (down_) return json::object();
    const std::string name = request.at("guest");
    const Guest* const guest = machines_.find(name);
    if (guest == nullptr) return {{"problem", "there is no guest \"" + name + "\""}};
    if (what == "crash") return answer_of(machines_.crash(*guest));
    if (what == "boot") return answer_of(machines_.boot(*guest));
    if (what == "pause") return answer_of(machines_.pause(*guest));
    if (what == "resume") return answer_of(machines_.resume(*guest));
    if (what == "cut") return answer_of(cut(*guest, request.at("what")));
    if (what == "dropped") return {{"dropped", dropped(*guest)}};
    if (what == "heal") {
      const auto dropped = heal(*guest);
      return dropped ? json{{"dropped", *dropped}} : refusal(dropped.error());
    }
    return {{"problem", "a lab's keeper cannot do \"" + what + "\""}};
  }

  json status() const {
    json guests = json::array();
    for (const Guest& guest : machines_.guests()) {
      guests.push_back({{"name", guest.name},
                        {"up", machines_.up(guest.name)},
                        {"nfs_address", guest.nfs_address},
                        {"control_address", guest.control_address}});
    }
    json all = json::parse(to_text(setup_));
    all["guests"] = std::move(guests);
    all["kept"] = kept_;
    return all;
  }

  LabSetup setup_;
  std::string folder_;
  Machines machines_;
  bool kept_ = false;
  bool down_ = false;
};

/// Removes what the kernel does not.
void sweep(const std::string& name) {
  std::error_code ignored;  // what stays is known as stale by its free lock
  fs::remove_all(lab_folder(name), ignored);
  ::unlink((lab_folder(name) + ".lock").c_str());
}

Result<Descriptor> own(LabSetup& setup) {
  std::error_code error;
  fs::create_directories(labs_folder(), error);
  Descriptor lock = lock_file(setup.name);
  if (!lock) return problem(lab_folder(setup.name) + ".lock", "make it", system_error());
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    return problem("",
                   "is up already; take another name, or end it: "
                   "holdfast lab down " +
                       setup.name);
  }
  fs::remove_all(lab_folder(setup.name), error);
  if (setup.shared.empty()) setup.shared = lab_folder(setup.name) + "/shared";
  fs::create_directories(lab_folder(setup.name) + "/uml", error);
  if (!error) fs::create_directories(setup.shared, error);
  if (error) return problem(setup.shared, "make this folder", error);
  return lock;
}

int refuse(const Problem& why) {
  std::cout << line_of(refusal(why)) << std::endl;
  return 1;
}

/// Keeps the lab in namespaces of its own and waits for its end.
int hold(const LabSetup& setup) {
  const std::string program = fs::read_symlink("/proc/self/exe");
  if (::unshare(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS) != 0) {
    return refuse({"the lab's namespaces", "cannot make them: " + system_error().message()});
  }
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(Keeper(setup, program).keep());
  }
  if (keeper < 0) {
    return refuse({"the lab's keeper", "cannot start it: " + system_error().message()});
  }
  int status = 0;
  while (::waitpid(keeper, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

std::string to_text(const LabSetup& setup) {
  return line_of({{"name", setup.name},
                  {"shared", setup.shared},
                  {"nfs", setup.spec.nfs},
                  {"mount_options", setup.spec.mount_options},
                  {"sync", setup.spec.sync},
                  {"hosts", setup.spec.hosts}});
}

std::string labs_folder() { return "/run/holdfast/labs"; }

std::string lab_folder(const std::string& name) { return labs_folder() + "/" + name; }

bool is_kept(const std::string& name) {
  const Descriptor lock(::open((lab_folder(name) + ".lock").c_str(), O_RDWR | O_CLOEXEC));
  return lock && ::flock(lock.number(), LOCK_EX | LOCK_NB) != 0;
}

bool remove_stale(const std::string& name) {
  const Descriptor lock(::open((lab_folder(name) + ".lock").c_str(), O_RDWR | O_CLOEXEC));
  if (!lock || ::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) return false;
  sweep(name);
  return true;
}

int keep_lab() {
  std::string line;
  std::getline(std::cin, line);
  auto setup = read_setup(line);
  if (!setup) return refuse(setup.error());
  const auto lock = own(*setup);
  if (!lock) return refuse(lock.error());
  const int status = hold(*setup);
  sweep(setup->name);
  return status;
}

}  // namespace holdfast::harness::lab
