// holdfast lab: a real NFS server and hosts that mount it, each a virtual machine of its own.
#include "harness/lab/lab.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/commands/command_line.h"
#include "harness/commands/commands.h"
#include "harness/lab/guest.h"
#include "harness/lab/layout.h"
#include "harness/report/exit_status.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using lab::Lab;
using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kExamples =
    R"(A lab is one NFS server and some clients, each a small virtual machine with a kernel, clocks
and caches of its own (User-Mode Linux; no virtualisation is needed, but root is). Every program of
this machine is there under the same path, and what a guest writes stays in its memory, but for
/nfs, the server's export, and the shared folder. A lab stays until `down`; the machine's own
network and files are not touched.

Examples:
  holdfast lab up                                   three clients, NFS 4.2; ready in seconds
  holdfast lab up --clients 2 --nfs 3 --mount-options actimeo=1
  holdfast lab up --name second --export async      beside another one
  holdfast lab status                               which labs are up; stale ones are removed
  holdfast lab shell 1                              a shell on the first client (0: on the server)
  holdfast lab shell h2 ls -la /nfs                 one program there
  holdfast lab down                                 everything of it is gone

A scenario asks for a lab of its own with "lab": {"nfs": "4.2"} (scenarios/README.md).

Exit status: 0 done; 3 bad usage; 4 it did not work; 6 this machine cannot hold a lab, and why;
130 interrupted. Of `shell` with a program: whether it could be started.)";

volatile sig_atomic_t interrupted = 0;

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

int complain(const Problem& what, int status = kHarnessFailed) {
  std::cerr << "holdfast lab: " << what.text() << "\n";
  return status;
}

struct CommandLine {
  std::string name = "lab";
  std::size_t clients = 3;
  std::string nfs = "4.2";
  std::string mount_options;
  std::string exported = "sync";
  std::string shared;
  std::string guest;
  std::vector<std::string> words;
};

lab::LabSetup setup_of(const CommandLine& line) {
  lab::LabSetup setup;
  setup.name = line.name;
  if (!line.shared.empty()) setup.shared = fs::absolute(line.shared).lexically_normal();
  setup.spec.nfs = line.nfs;
  setup.spec.mount_options = line.mount_options;
  setup.spec.sync = line.exported == "sync";
  for (std::size_t i = 1; i <= line.clients; ++i) {
    setup.spec.hosts.push_back("h" + std::to_string(i));
  }
  return setup;
}

int up(const CommandLine& line) {
  if (const auto lacking = lab::what_a_lab_lacks()) {
    return complain({"", *lacking}, static_cast<int>(ExitStatus::skipped));
  }
  catch_interrupts();
  const auto began = steady_clock::now();
  if (lab::remove_stale(line.name)) {
    std::cerr << "holdfast lab: removed what a killed lab " << line.name << " had left\n";
  }
  auto made = Lab::start(setup_of(line));
  if (!made) return complain(made.error());
  Lab& one = **made;
  const auto guests = one.guests();
  if (!guests) return complain(guests.error());
  for (const std::string& guest : *guests) {
    const auto ready = one.wait_for(guest, seconds(60), [] { return interrupted == 0; });
    if (interrupted != 0) return static_cast<int>(ExitStatus::interrupted);
    if (!ready) return complain(ready.error());
    const std::chrono::duration<double> took = steady_clock::now() - began;
    std::cout << guest << std::string(10 - std::min<std::size_t>(9, guest.size()), ' ')
              << "ready after " << std::round(took.count() * 10) / 10 << " s\n"
              << std::flush;
  }
  if (const auto kept = one.keep(); !kept) return complain(kept.error());
  std::cout << "lab " << line.name << " is up: NFS " << line.nfs << " at " << lab::kMountPoint
            << " in every client; holdfast lab shell 1\n";
  return kDone;
}

int down(const CommandLine& line) {
  if (lab::remove_stale(line.name)) {
    std::cout << "lab " << line.name << " was dead; what it had left is removed\n";
    return kDone;
  }
  auto one = Lab::find(line.name);
  if (!one) return complain(one.error());
  if (const auto done = (*one)->down(); !done) return complain(done.error());
  std::cout << "lab " << line.name << " is gone\n";
  return kDone;
}

/// The names of all labs that have left a lock.
std::vector<std::string> labs() {
  std::vector<std::string> names;
  std::error_code ignored;  // no folder: no lab was ever here
  for (const auto& entry : fs::directory_iterator(lab::labs_folder(), ignored)) {
    if (entry.path().extension() == ".lock") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

int status() {
  int shown = 0;
  for (const std::string& name : labs()) {
    if (lab::remove_stale(name)) {
      std::cout << name << "  dead; what it had left is removed\n";
      continue;
    }
    auto one = Lab::find(name);
    const auto said = one ? (*one)->ask(json{{"do", "status"}}) : tl::unexpected(one.error());
    if (!said) return complain(said.error());
    std::cout << name << "  NFS " << said->at("nfs").get<std::string>() << ", export "
              << (said->at("sync").get<bool>() ? "sync" : "async") << ", shared "
              << said->at("shared").get<std::string>() << "\n";
    for (const json& guest : said->at("guests")) {
      std::cout << "  " << guest.at("name").get<std::string>() << "  "
                << guest.at("nfs_address").get<std::string>() << "  "
                << (guest.at("up").get<bool>() ? "up" : "down") << "\n";
    }
    ++shown;
  }
  if (shown == 0) std::cout << "no lab is up\n";
  return kDone;
}

/// This terminal, every key passed on as it is, until the end of the scope.
class RawTerminal {
 public:
  RawTerminal() : is_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (is_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_;
};

/// Carries bytes between the guest and this process's own input and output.
void relay(int socket) {
  char bytes[4096];
  pollfd both[2] = {{socket, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (::poll(both, 2, -1) > 0) {
    if (both[0].revents != 0) {
      const ssize_t size = ::read(socket, bytes, sizeof bytes);
      if (size <= 0 || ::write(STDOUT_FILENO, bytes, static_cast<std::size_t>(size)) != size)
        return;
    }
    if (both[1].revents == 0) continue;
    const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (size <= 0) {
      ::shutdown(socket, SHUT_WR);
      both[1].fd = -1;
    } else if (::write(socket, bytes, static_cast<std::size_t>(size)) != size) {
      return;
    }
  }
}

int shell(const CommandLine& line) {
  auto one = Lab::find(line.name);
  if (!one) return complain(one.error());
  const auto guests = (*one)->guests();
  if (!guests) return complain(guests.error());
  std::string guest = line.guest;
  const bool number = guest.find_first_not_of("0123456789") == std::string::npos;
  if (number && guest.size() < 4 && std::stoul(guest) < guests->size()) {
    guest = guests->at(std::stoul(guest));
  }
  const bool terminal = line.words.empty() && ::isatty(STDIN_FILENO) != 0;
  json request = {{"do", terminal ? "shell" : "exec"}, {"errors", "-"}};
  request["words"] = line.words.empty() ? std::vector<std::string>{"/bin/sh"} : line.words;
  winsize size{};
  if (terminal && ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
    request["rows"] = size.ws_row;
    request["columns"] = size.ws_col;
  }
  const auto socket = (*one)->begin(guest, request);
  if (!socket) return complain(socket.error());
  const RawTerminal raw;
  relay(socket->number());
  return kDone;
}

}  // namespace

int lab_command(const Arguments& arguments) {
  CLI::App app("A real NFS server and real clients, as virtual machines on this one.",
               "holdfast lab");
  app.footer(kExamples);
  app.require_subcommand(1);
  CommandLine line;
  const auto named = [&](CLI::App* command) {
    command->add_option("--name", line.name, "which lab; default: lab")
        ->type_name("NAME")
        ->check([](const std::string& name) {
          return lab::good_lab_name(name) ? "" : "a lab's name has 1 to 32 letters, digits and '-'";
        });
    return command;
  };
  auto* const up_with = named(app.add_subcommand("up", "starts a lab"));
  up_with->add_option("--clients", line.clients, "how many; default: 3")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, lab::kMostClients).description(""));
  up_with->add_option("--nfs", line.nfs, "3, 4.0, 4.1 or 4.2; default: 4.2")
      ->type_name("VERSION")
      ->check(CLI::IsMember(lab_versions()).description(""));
  up_with->add_option("--mount-options", line.mount_options, "further ones: soft,actimeo=1")
      ->type_name("OPTIONS");
  up_with->add_option("--export", line.exported, "sync or async; default: sync")
      ->type_name("HOW")
      ->check(CLI::IsMember({"sync", "async"}).description(""));
  up_with->add_option("--share", line.shared, "a folder of this machine that guests may write to")
      ->type_name("DIR");
  auto* const down_with = named(app.add_subcommand("down", "ends it"));
  auto* const status_with = app.add_subcommand("status", "which labs are up");
  auto* const shell_with = named(app.add_subcommand("shell", "a shell, or a program, on a guest"));
  shell_with->prefix_command();
  shell_with->add_option("GUEST", line.guest, "0: the server, 1: the first client; or its name")
      ->required();
  if (const auto over = parse(app, arguments)) return *over;
  if (*up_with) return up(line);
  if (*down_with) return down(line);
  if (*status_with) return status();
  line.words = shell_with->remaining();
  return shell(line);
}

int lab_keeper_command(const Arguments&) { return lab::keep_lab(); }

int lab_guest_command(const Arguments& arguments) {
  // The kernel adds words of its own behind ours.
  if (::getpid() != 1 || arguments.empty()) {
    std::cerr << "holdfast labguest: is the first process of a lab's guest, and nothing else\n";
    return kBadUsage;
  }
  lab::be_guest(arguments[0]);
}

}  // namespace holdfast::harness
