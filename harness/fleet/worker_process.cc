#include "harness/fleet/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "harness/fleet/agent_protocol.h"

namespace holdfast::harness {
namespace {

// A signal handler can reach nothing but what is global.
std::atomic<int> g_asked_to_end = -1;  // the end of a pipe to be written

extern "C" void ask_to_end(int) {
  const int before = errno;
  const char byte = 0;
  if (::write(g_asked_to_end.load(), &byte, 1) != 1) {
    // The pipe is full of such bytes already.
  }
  errno = before;
}

/// Standard input, line by line, without buffering past the one that is asked for.
class Input {
 public:
  /// Adds what is there; false at the end.
  bool fill() {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    text_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

  std::optional<std::string> line() {
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  std::string text_;
};

void say(const FromWorker& message) {
  const std::string line = to_line(message) + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, line.data() + sent, line.size() - sent);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the agent is gone, and so shall we be
    sent += static_cast<std::size_t>(wrote);
  }
}

/// Listens to the agent while the body works.
class Attendant {
 public:
  explicit Attendant(Input input) : input_(std::move(input)) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
      signals_ = ends[0];
      g_asked_to_end = ends[1];
      struct sigaction action {};
      action.sa_handler = ask_to_end;
      action.sa_flags = SA_RESTART;
      ::sigaction(SIGTERM, &action, nullptr);
    }
    thread_ = std::jthread([this](const std::stop_token& over) { listen(over); });
  }

  std::stop_token asked() const { return asked_.get_token(); }

  /// Until the agent says go, or asks to end.
  void wait_for_go() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return go_; });
  }

  /// Until the echo is there, or nobody is who would send it.
  std::optional<std::int64_t> notify() {
    say(WorkerNotice{});
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return echo_ || alone_; });
    return std::exchange(echo_, std::nullopt);
  }

  void dismiss() {
    thread_.request_stop();
    ask_to_end(0);  // wakes it
    thread_.join();
  }

 private:
  void listen(const std::stop_token& over) {
    while (!over.stop_requested()) {
      if (const auto line = input_.line()) {
        obey(*line);
        continue;
      }
      std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}}};
      if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) break;
      if (sources[1].revents != 0) {
        std::array<char, 64> bytes{};
        if (::read(signals_, bytes.data(), bytes.size()) > 0) end();
      }
      if (sources[0].revents != 0 && !input_.fill()) break;
    }
    end();
    change([this] { alone_ = true; });
  }

  void obey(const std::string& line) {
    if (line == kGoLine) let_go();
    if (line == kEndLine) end();
    if (const auto at_ns = read_echo(line)) change([&] { echo_ = at_ns; });
  }

  void end() {
    asked_.request_stop();
    let_go();
  }

  void let_go() {
    change([this] { go_ = true; });
  }

  template <class Change>
  void change(const Change& what) {
    const std::lock_guard lock(mutex_);
    what();
    changed_.notify_all();
  }

  Input input_;
  int signals_ = -1;
  std::stop_source asked_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool go_ = false;
  bool alone_ = false;  ///< nobody listens to this any more
  std::optional<std::int64_t> echo_;
  std::jthread thread_;
};

std::optional<std::string> first_line(Input& input) {
  while (true) {
    if (auto line = input.line()) return line;
    if (!input.fill()) return std::nullopt;
  }
}

}  // namespace

int serve_as_worker(const WorkerBody& body) {
  // A contender program that is gone must be an error of a write and not the end of this process.
  ::signal(SIGPIPE, SIG_IGN);
  Input input;
  const auto line = first_line(input);
  if (!line) {
    std::cerr << "holdfast worker: is started by an agent, which gives it its plan\n";
    return 3;
  }
  const auto plan = read_worker_plan(*line);
  if (!plan) {
    say(Trouble{plan.error()});
    return 1;
  }
  Attendant attendant(std::move(input));
  const auto ended = body(
      *plan, attendant.asked(),
      [&] {
        say(WorkerPrepared{});
        attendant.wait_for_go();
      },
      [&] { return attendant.notify(); });
  attendant.dismiss();
  if (!ended) {
    say(Trouble{ended.error()});
    return 1;
  }
  say(WorkerEnded{*ended == WorkerEnd::in_order});
  return 0;
}

}  // namespace holdfast::harness
