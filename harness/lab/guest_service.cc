#include "harness/lab/guest_service.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/lab/layout.h"
#include "harness/lab/run_program.h"
#include "harness/lab/socket.h"
#include "harness/nemesis/kernel_clock.h"

namespace holdfast::harness::lab {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{5};

std::string line_of(const json& answer) {
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// In a child: becomes the program, whose standard input and output are set.
[[noreturn]] void become(const json& words) {
  std::vector<std::string> texts = words.get<std::vector<std::string>>();
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments[0], arguments.data());
  const std::string said =
      std::string(arguments[0]) + ": cannot start it: " + system_error().message() + "\n";
  static_cast<void>(::write(STDERR_FILENO, said.data(), said.size()) < 0);
  ::_exit(127);
}

[[noreturn]] void exec(int socket, const json& request) {
  ::setsid();
  const std::string errors = request.value("errors", "");
  const int file = errors.empty()
                       ? ::open("/dev/null", O_WRONLY | O_CLOEXEC)
                       : ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  ::dup2(socket, STDIN_FILENO);
  ::dup2(socket, STDOUT_FILENO);
  ::dup2(errors == "-" ? socket : file, STDERR_FILENO);
  become(request.at("words"));
}

/// Carries bytes between the socket and the terminal until one of them ends.
void relay(int socket, int terminal) {
  char bytes[4096];
  pollfd both[2] = {{socket, POLLIN, 0}, {terminal, POLLIN, 0}};
  const auto carry = [&](int from, int to) {
    const ssize_t size = ::read(from, bytes, sizeof bytes);
    return size > 0 && ::write(to, bytes, static_cast<std::size_t>(size)) == size;
  };
  while (::poll(both, 2, -1) > 0) {
    if (both[1].revents != 0 && !carry(terminal, socket)) return;
    if (both[0].revents != 0 && !carry(socket, terminal)) return;
  }
}

[[noreturn]] void shell(int socket, const json& request) {
  int terminal = -1;
  winsize size{};
  size.ws_row = request.value("rows", std::uint16_t{24});
  size.ws_col = request.value("columns", std::uint16_t{80});
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become(request.at("words"));
  ::signal(SIGPIPE, SIG_IGN);
  relay(socket, terminal);
  ::kill(child, SIGHUP);
  ::_exit(0);
}

[[noreturn]] void run(int socket, const json& request) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto done = run_program(request.at("words").get<std::vector<std::string>>());
  static_cast<void>(send_line(
      socket, line_of(done ? json{{"text", *done}} : json{{"problem", done.error().text()}})));
  ::_exit(0);
}

json clocks() {
  const KernelClocks now = read_kernel_clocks();
  return {{"wall_ns", now.wall_ns}, {"steady_ns", now.steady_ns}, {"raw_ns", now.raw_ns}};
}

json set_clock(const json& request) {
  if (request.contains("rate")) {
    const auto done = set_kernel_clock_rate(request.at("rate").get<double>());
    if (!done) return {{"problem", done.error().text()}};
  }
  if (request.contains("step_ns")) {
    const auto done = step_kernel_clock(request.at("step_ns").get<std::int64_t>());
    if (!done) return {{"problem", done.error().text()}};
  }
  return clocks();
}

json read_file(const json& request) {
  const std::string file = request.at("file");
  std::ifstream in(file, std::ios::binary);
  if (!in) return {{"problem", file + ": cannot be read"}};
  return {{"text", std::string(std::istreambuf_iterator<char>(in), {})}};
}

/// Nothing: a child has taken the connection over.
std::optional<json> answer(int socket, const json& request) {
  const std::string what = request.at("do");
  if (what == "hello") return json{{"ready", true}};
  if (what == "clocks") return clocks();
  if (what == "set_clock") return set_clock(request);
  if (what == "read") return read_file(request);
  const bool known = what == "exec" || what == "shell" || what == "run";
  if (!known) return json{{"problem", "a guest cannot do \"" + what + "\""}};
  const pid_t child = ::fork();
  if (child < 0) return json{{"problem", "fork: " + system_error().message()}};
  if (child > 0) return std::nullopt;
  if (what == "exec") exec(socket, request);
  if (what == "shell") shell(socket, request);
  run(socket, request);
}

void serve_one(int listener) {
  const Descriptor socket(accept_one(listener));
  if (!socket) return;
  const auto line = read_line(socket.number(), kPatience);
  if (!line) return;
  std::optional<json> said;
  try {
    said = answer(socket.number(), json::parse(*line));
  } catch (const json::exception& error) {
    said = json{{"problem", error.what()}};
  }
  // A peer that is gone by now has no use for it.
  if (said) static_cast<void>(send_line(socket.number(), line_of(*said)));
}

}  // namespace

Result<void> serve_guest(const GuestConfig&) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  const Descriptor children(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  const auto listener = listen_at_port(kControlPort);
  if (!listener) return tl::unexpected(listener.error());
  pollfd both[2] = {{listener->number(), POLLIN, 0}, {children.number(), POLLIN, 0}};
  for (;;) {
    if (::poll(both, 2, -1) < 0) continue;
    signalfd_siginfo told;
    while (::read(children.number(), &told, sizeof told) > 0) {
    }
    // This is the first process: every orphan is its child.
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (both[0].revents != 0) serve_one(listener->number());
  }
}

}  // namespace holdfast::harness::lab
