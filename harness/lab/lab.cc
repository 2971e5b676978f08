#include "harness/lab/lab.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "harness/fleet/spawn.h"
#include "harness/lab/layout.h"

namespace holdfast::harness::lab {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Booting the last guest begins before it says that it is up; making the disk takes a moment.
constexpr seconds kKeepersPatience{30};
constexpr seconds kAnswer{20};
/// A guest that lives takes a connection within milliseconds, but on a busy machine.
constexpr milliseconds kReach{5000};

Result<json> read_answer(const std::string& whom, const Result<std::string>& line) {
  if (!line) return problem(whom, line.error().message);
  json answer = json::parse(*line, nullptr, false);
  if (!answer.is_object()) return problem(whom, "answered what is no JSON: " + *line);
  if (answer.contains("problem")) return problem(whom, answer["problem"].get<std::string>());
  return answer;
}

/// The process on the other side of a control socket.
pid_t peer_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size);
  return who.pid;
}

/// Connects from within another network namespace. A thread of its own enters it: the kernel keeps
/// that apart for each thread, and the socket stays where it was made.
Result<Descriptor> connect_within(pid_t whose, const std::string& address, int port,
                                  milliseconds bound) {
  Result<Descriptor> connected;
  std::thread([&] {
    const std::string file = "/proc/" + std::to_string(whose) + "/ns/net";
    const Descriptor space(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!space || ::setns(space.number(), CLONE_NEWNET) != 0) {
      connected = problem(file, "enter it", system_error());
      return;
    }
    connected = connect_to(address, port, bound);
  }).join();
  return connected;
}

bool runnable(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (::access((folder + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> what_a_lab_lacks() {
  if (::geteuid() != 0) return "a lab needs root, and this user is not: run it with sudo";
  const Descriptor tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!tun) {
    return "a lab needs /dev/net/tun, which cannot be opened here: " + system_error().message();
  }
  const std::vector<std::pair<std::string, std::string>> needed = {
      {"linux.uml", "user-mode-linux"},
      {"ip", "iproute2"},
      {"nft", "nftables"},
      {"mke2fs", "e2fsprogs"},
      {"rpc.nfsd", "nfs-kernel-server"},
      {"rpcbind", "rpcbind"}};
  std::string packages;
  for (const auto& [program, package] : needed) {
    if (!runnable(program)) packages += " " + package;
  }
  if (packages.empty()) return std::nullopt;
  return "a lab needs these packages:" + packages + "; ./holdfast lab install installs them";
}

Result<std::unique_ptr<Lab>> Lab::start(const LabSetup& setup) {
  SpawnOptions options;
  options.arguments = {"labkeeper"};
  options.own_session = true;
  // What fails is said as an answer. It lives on: who waits for the end of our outputs must not
  // wait for the lab's.
  options.errors = "/dev/null";
  const auto process = spawn(options);
  if (!process) return tl::unexpected(process.error());
  Descriptor leash(process->input);
  const Descriptor words(process->output);
  const std::string line = to_text(setup) + "\n";
  static_cast<void>(::write(leash.number(), line.data(), line.size()) < 0);
  std::string said;
  pollfd one{words.number(), POLLIN, 0};
  char byte = 0;
  while (::poll(&one, 1, milliseconds(kKeepersPatience).count()) > 0 &&
         ::read(words.number(), &byte, 1) == 1 && byte != '\n') {
    said += byte;
  }
  std::unique_ptr<Lab> lab(new Lab(setup.name, process->pid, std::move(leash)));
  const auto answer = read_answer("the lab " + setup.name, said);
  if (!answer) return tl::unexpected(answer.error());
  return lab;
}

Result<std::unique_ptr<Lab>> Lab::find(const std::string& name) {
  if (!is_kept(name)) {
    return problem("the lab " + name, "is not up; which are:  holdfast lab status");
  }
  return std::unique_ptr<Lab>(new Lab(name, 0, Descriptor()));
}

Lab::~Lab() {
  leash_ = Descriptor();  // the keeper ends, unless it was told to stay
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

Result<json> Lab::ask(const json& request) const {
  const std::string whom = "the lab " + name_;
  const auto socket = connect_to(folder() + "/control");
  if (!socket) return problem(whom, socket.error().message);
  if (const auto sent = send_line(socket->number(), request.dump()); !sent) {
    return problem(whom, sent.error().message);
  }
  return read_answer(whom, read_line(socket->number(), kAnswer));
}

Result<Descriptor> Lab::begin(const std::string& guest, const json& request) const {
  return reach(guest, request, kReach);
}

Result<Descriptor> Lab::reach(const std::string& guest, const json& request,
                              milliseconds bound) const {
  const auto control = connect_to(folder() + "/control");
  if (!control) return problem("the lab " + name_, control.error().message);
  const pid_t keeper = peer_of(control->number());
  if (const auto sent = send_line(control->number(), R"({"do": "status"})"); !sent) {
    return tl::unexpected(sent.error());
  }
  const auto status = read_answer("the lab " + name_, read_line(control->number(), kAnswer));
  if (!status) return tl::unexpected(status.error());
  for (const json& one : status->at("guests")) {
    if (one.at("name") != guest) continue;
    if (!one.at("up").get<bool>()) return problem(guest, "is not up; " + last_words(guest));
    auto socket = connect_within(keeper, one.at("control_address"), kControlPort, bound);
    if (!socket) return problem(guest, socket.error().message);
    if (const auto sent = send_line(socket->number(), request.dump()); !sent) {
      return problem(guest, sent.error().message);
    }
    return socket;
  }
  return problem("the lab " + name_, "has no guest \"" + guest + "\"");
}

Result<json> Lab::ask(const std::string& guest, const json& request, milliseconds bound) const {
  const auto socket = reach(guest, request, std::min(bound, kReach));
  if (!socket) return tl::unexpected(socket.error());
  return read_answer(guest, read_line(socket->number(), bound));
}

std::string Lab::last_words(const std::string& guest) const {
  std::ifstream log(folder() + "/" + guest + ".log");
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (line.find("labguest:") != std::string::npos) last = line;
  }
  return last.empty() ? "its log: " + folder() + "/" + guest + ".log" : last;
}

Result<void> Lab::wait_for(const std::string& guest, milliseconds bound,
                           const std::function<bool()>& go_on) const {
  const auto until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    const auto answer = ask(guest, {{"do", "hello"}}, milliseconds(700));
    if (answer) return {};
    const auto status = ask({{"do", "status"}});
    if (!status) return tl::unexpected(status.error());
    for (const json& one : status->at("guests")) {
      if (one.at("name") == guest && !one.at("up").get<bool>()) {
        return problem(guest, "halted: " + last_words(guest));
      }
    }
    if (go_on && !go_on()) return problem(guest, "was not waited for");
    if (std::chrono::steady_clock::now() > until) {
      return problem(guest,
                     "was not ready in time: " + answer.error().message + "; " + last_words(guest));
    }
    std::this_thread::sleep_for(milliseconds(30));
  }
}

Result<std::vector<std::string>> Lab::guests() const {
  const auto status = ask({{"do", "status"}});
  if (!status) return tl::unexpected(status.error());
  std::vector<std::string> names;
  for (const json& one : status->at("guests")) names.push_back(one.at("name"));
  return names;
}

Result<void> Lab::keep() {
  const auto done = ask({{"do", "keep"}});
  if (!done) return tl::unexpected(done.error());
  process_ = 0;
  leash_ = Descriptor();
  return {};
}

Result<void> Lab::down() {
  const auto done = ask({{"do", "down"}});
  if (!done) return tl::unexpected(done.error());
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    if (!is_kept(name_)) return {};
    std::this_thread::sleep_for(milliseconds(10));
  }
  return problem("the lab " + name_, "did not end within ten seconds");
}

}  // namespace holdfast::harness::lab
