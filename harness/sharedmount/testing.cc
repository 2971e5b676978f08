#include "harness/sharedmount/testing.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "harness/sharedmount/control.h"

namespace holdfast::harness::mount::testing {

std::string why_no_mount() {
  if (::access("/dev/fuse", F_OK) != 0) return "there is no /dev/fuse";
  if (::access("/usr/bin/fusermount3", X_OK) != 0) return "fusermount3 is not installed";
  return "";
}

namespace {

/// "(hang)", where the log has it as a kind of its own.
std::string of_what(const Hit& hit) {
  if (hit.as.empty()) return "";
  return "(" + mount_fault_kinds()[static_cast<std::size_t>(hit.kind)] + ")";
}

}  // namespace

SharedMount::SharedMount(const Manners& manners, std::size_t hosts, uid_t user) {
  ServerOptions options;
  options.manners = manners;
  start(std::move(options), hosts, user);
}

SharedMount::SharedMount(const std::string& spec) {
  const auto read = parse_mount(spec, "spec", {"h1", "h2"});
  if (!read) {
    std::fprintf(stderr, "%s\n", read.error().text().c_str());
    std::abort();
  }
  ServerOptions options;
  options.manners = *manners_of(*read);
  options.faults = read->faults;
  options.seed = 1;
  start(std::move(options), 2, 0);
}

void SharedMount::start(ServerOptions options, std::size_t hosts, uid_t user) {
  options.directory = backing();
  options.control = scratch_ / "control";
  options.log = [log = scratch_ / "log"](const Hit& hit) {
    std::ofstream(log, std::ios::app)
        << kind_of(hit) << of_what(hit) << " " << hit.host << " " << hit.what
        << (hit.why_not.empty() ? "" : " (no effect: " + hit.why_not + ")") << "\n";
  };
  options.crash_log = [log = scratch_ / "log"](const CrashPoint&, const std::string& what) {
    std::ofstream(log, std::ios::app) << "crash " << what << "\n";
  };
  std::vector<std::string> folders = {backing()};
  for (std::size_t host = 0; host < hosts; ++host) {
    options.hosts.push_back({"h" + std::to_string(host + 1), at(host)});
    folders.push_back(at(host));
  }
  for (const std::string& folder : folders) {
    if (::mkdir(folder.c_str(), 0755) != 0) std::abort();
    if (user != 0 && ::chown(folder.c_str(), user, user) != 0) std::abort();
  }
  if (user != 0 && ::chown(scratch_.path().c_str(), user, user) != 0) std::abort();
  if (user != 0 && ::chmod(scratch_.path().c_str(), 0755) != 0) std::abort();
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) std::abort();
  server_ = std::make_unique<os::testing::Child>(
      [&, write_end = ready[1]] { return run(options, user, write_end); });
  ::close(ready[1]);
  char byte = 0;
  const bool started = ::read(ready[0], &byte, 1) == 1;
  ::close(ready[0]);
  if (started) return;
  std::fprintf(stderr, "the server of the test's mount did not start\n");
  std::abort();
}

int SharedMount::run(const ServerOptions& options, uid_t user, int ready) {
  if (user != 0 && (::setgid(user) != 0 || ::setuid(user) != 0)) return 2;
  auto server = Server::start(options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text().c_str());
    return 1;
  }
  if (::write(ready, "x", 1) != 1) return 3;
  (*server)->serve();
  return 0;
}

SharedMount::~SharedMount() {
  if (!server_) return;
  ::kill(server_->pid(), SIGTERM);
  server_->reap();
  os::testing::eventually([this] { return mounts_below(scratch_.path()) == 0; });
}

std::string SharedMount::say(const std::string& line) const {
  const auto answer = mount::say(scratch_ / "control", line);
  return answer ? *answer : answer.error().text();
}

std::string SharedMount::hits() const {
  std::ifstream log(scratch_ / "log");
  return std::string(std::istreambuf_iterator<char>(log), {});
}

std::string SharedMount::at(std::size_t host, const std::string& name) const {
  const std::string place = scratch_ / ("h" + std::to_string(host + 1));
  return name.empty() ? place : place + "/" + name;
}

std::string SharedMount::backing(const std::string& name) const {
  return name.empty() ? scratch_ / "shared" : scratch_ / ("shared/" + name);
}

std::size_t mounts_below(const std::string& path) {
  std::ifstream mounts("/proc/self/mounts");
  std::size_t count = 0;
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" " + path + "/") != std::string::npos) ++count;
  }
  return count;
}

}  // namespace holdfast::harness::mount::testing
