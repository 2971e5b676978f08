// A contender program as a child process that is talked to by lines.
//
// Fault model: it may write anything, too much, or nothing; end at any time; ignore every request.
// It never outlives the thread that started it, whatever kills that: PR_SET_PDEATHSIG. A worker's
// stays in the worker's process group, so that a signal to the group hits both, and whoever ends
// the group ends what the program has started, too. One that has no worker leads a group of its
// own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

struct ChildPlan {
  std::vector<std::string> program;  ///< the first is looked for in PATH if it has no slash
  std::vector<std::pair<std::string, std::string>> environment;  ///< on top of this process's
  std::string errors;        ///< file that standard error is appended to; empty: thrown away
  bool leads_group = false;  ///< of processes, which ends with it
};

class Child {
 public:
  /// Errors: the program is not there or cannot be run, its log cannot be opened.
  static Result<std::unique_ptr<Child>> start(const ChildPlan& plan);
  /// Closes its input, which asks it to end, waits kEnding for that, kills it otherwise.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  static constexpr std::chrono::milliseconds kEnding{1000};

  /// False: it reads no more.
  bool write_line(const std::string& line);

  enum class Heard { line, silence, stopped, ended };
  /// The next line of its output, without the newline. `bound_ns`: how long to wait at most;
  /// negative: for ever. A line longer than 1 MiB counts as its end.
  Heard read_line(std::string& line, std::int64_t bound_ns, const std::stop_token& stop = {});

  void signal(int number) const;
  /// Kills it and waits for its end.
  void kill();
  /// Whether it has ended; looks, and does not wait.
  bool ended();
  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, bool leads_group, int input, int output, int wake)
      : pid_(pid), leads_group_(leads_group), input_(input), output_(output), wake_(wake) {}
  bool wait_until(std::int64_t deadline_ns);

  pid_t pid_;
  bool leads_group_;
  int input_;   ///< its standard input
  int output_;  ///< its standard output
  int wake_;    ///< eventfd: a stop request came
  bool reaped_ = false;
  std::string heard_;  ///< read and not yet asked for
};

}  // namespace holdfast::harness
