#include "harness/commands/trials.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <filesystem>
#include <list>

#include "harness/fleet/spawn.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;

/// The run's folder: its name ends with the seed, which no other run of this output has.
std::string folder_of(const std::string& output, const std::string& seed) {
  std::error_code ignored;  // what cannot be listed has no run in it
  for (const auto& scenario : fs::directory_iterator(output, ignored)) {
    for (const auto& run : fs::directory_iterator(scenario.path(), ignored)) {
      if (run.path().filename().string().ends_with("-" + seed)) return run.path();
    }
  }
  return "";
}

struct Running {
  Running(asio::io_context& context, const Trial& of, const SpawnedProcess& process)
      : trial(of), pid(process.pid), output(context, process.output) {
    ::close(process.input);  // a run reads nothing
  }
  Trial trial;
  pid_t pid;
  asio::posix::stream_descriptor output;
  std::string said;
  std::array<char, 4096> buffer{};
};

class Trials {
 public:
  Trials(const TrialsOptions& options, const std::function<std::optional<Trial>()>& next,
         const std::function<void(const Trial&, const TrialEnd&)>& ended)
      : options_(options),
        next_(next),
        ended_(ended),
        signals_(context_, SIGINT, SIGTERM, SIGHUP) {}

  Result<bool> run() {
    std::error_code failed;
    fs::create_directories(options_.output, failed);
    if (failed) return problem(options_.output, "make it", failed);
    wait_for_signals();
    start_some();
    context_.run();
    if (problem_) return tl::unexpected(*problem_);
    return interrupted_;
  }

 private:
  void start_some() {
    while (!interrupted_ && !problem_ && running_.size() < options_.at_once) {
      const auto trial = next_();
      if (!trial) break;
      start(*trial);
    }
    if (running_.empty()) signals_.cancel();
  }

  void start(const Trial& trial) {
    SpawnOptions options;
    options.arguments = {"run",    trial.scenario,         "--output",    options_.output,
                         "--seed", print_seed(trial.seed), "--log-level", "warning"};
    options.arguments.insert(options.arguments.end(), trial.more.begin(), trial.more.end());
    options.errors = options_.errors;
    options.death_signal = SIGTERM;
    const auto process = spawn(options);
    if (!process) {
      problem_ = process.error();
      return;
    }
    listen(running_.emplace(running_.end(), context_, trial, *process));
  }

  void listen(std::list<Running>::iterator run) {
    run->output.async_read_some(asio::buffer(run->buffer),
                                [this, run](const error_code& error, std::size_t got) {
                                  run->said.append(run->buffer.data(), got);
                                  if (!error) return listen(run);
                                  end(run);
                                });
  }

  void end(std::list<Running>::iterator run) {
    int status = 0;
    while (::waitpid(run->pid, &status, 0) < 0 && errno == EINTR) {
    }
    TrialEnd end;
    if (WIFEXITED(status)) end.status = static_cast<ExitStatus>(WEXITSTATUS(status));
    if (WIFSIGNALED(status) && interrupted_) end.status = ExitStatus::interrupted;
    end.folder = folder_of(options_.output, print_seed(run->trial.seed));
    end.said = std::move(run->said);
    const Trial trial = run->trial;
    running_.erase(run);
    ended_(trial, end);
    start_some();
  }

  void wait_for_signals() {
    signals_.async_wait([this](const error_code& error, int number) {
      if (error) return;
      interrupted_ = true;
      for (const Running& run : running_) ::kill(run.pid, number);
      // One that was caught while the last run ended has nobody to wait for.
      if (!running_.empty()) wait_for_signals();
    });
  }

  const TrialsOptions& options_;
  const std::function<std::optional<Trial>()>& next_;
  const std::function<void(const Trial&, const TrialEnd&)>& ended_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  std::list<Running> running_;
  bool interrupted_ = false;
  std::optional<Problem> problem_;
};

}  // namespace

Result<bool> run_trials(const TrialsOptions& options,
                        const std::function<std::optional<Trial>()>& next,
                        const std::function<void(const Trial&, const TrialEnd&)>& ended) {
  return Trials(options, next, ended).run();
}

int harness_failed(Voice& voice, const Problem& why) {
  voice.error(why.text());
  return kHarnessFailed;
}

}  // namespace holdfast::harness
