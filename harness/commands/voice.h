// What a command says while it works: to standard error, as standard output is the result's.
#pragma once

#include <iosfwd>
#include <string>

#include "harness/report/progress.h"

namespace holdfast::harness {

/// How much is said; each says what those before it say, too.
enum class LogLevel {
  error,    ///< what keeps a run from being judged
  warning,  ///< what the user has to know, or to tidy up
  info,     ///< how it is going
  debug,    ///< where things lie, and what each step came to
};

/// Threads: one at a time.
class Voice {
 public:
  /// `columns`: of the terminal that `out` is; 0: it is none.
  Voice(std::ostream& out, LogLevel level, std::size_t columns);

  void error(const std::string& words) { say(LogLevel::error, words); }
  void warning(const std::string& words) { say(LogLevel::warning, words); }
  void info(const std::string& words) { say(LogLevel::info, words); }
  void debug(const std::string& words) { say(LogLevel::debug, words); }
  /// One line that rewrites itself on a terminal.
  void progress(const Progress& progress);
  /// What takes a moment: stands on a terminal until the next word, and is said nowhere else.
  void doing(const std::string& words);
  /// Takes the progress away, before anybody else writes to the terminal.
  void clear() { line_.clear(); }
  /// From here on progress is that of another run.
  void begin_run() { line_.begin(); }

 private:
  void say(LogLevel level, const std::string& words);

  std::ostream& out_;
  LogLevel level_;
  ProgressLine line_;
};

/// Of the terminal that standard error is; 0 where it is none.
std::size_t terminal_columns();

}  // namespace holdfast::harness
