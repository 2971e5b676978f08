// How a run is going: one line that rewrites itself on a terminal, and becomes a line every few
// seconds where it is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>

namespace holdfast::harness {

struct Progress {
  std::string scenario;
  std::string contender;
  std::size_t hosts = 0;
  std::size_t workers = 0;  ///< in all
  std::chrono::nanoseconds elapsed{};
  std::optional<std::chrono::nanoseconds> duration;  ///< that it will take, where that is known
  std::uint64_t grants = 0;
  std::optional<std::uint64_t> wanted_grants;
  double grants_per_second = 0;
  std::map<std::string, std::uint64_t> faults;  ///< by kind
  std::optional<std::uint64_t> violations;      ///< so far; none: nobody looks while it runs
};

/// "crash/holder-killed  0:12 of 0:30   baton   4 hosts x 8 workers   18,204 grants (1,520/s) ..."
std::string progress_line(const Progress& progress);

/// Threads: one at a time.
class ProgressLine {
 public:
  /// `columns`: of the terminal; 0: `out` is none.
  ProgressLine(std::ostream& out, std::size_t columns) : out_(out), columns_(columns) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Shows it, if it is time: at every call on a terminal, else when five seconds of the run have
  /// passed since the last line.
  void show(const Progress& progress);
  /// Words in its place, on a terminal only: what is done before and after the run itself.
  void show(const std::string& words);
  /// Another run's progress begins.
  void begin() { last_.reset(); }
  /// Takes the line away from a terminal, before anything else is written there.
  void clear();

 private:
  void rewrite(const std::string& line);

  std::ostream& out_;
  std::size_t columns_;
  bool stands_ = false;  // on the terminal's line
  std::optional<std::chrono::nanoseconds> last_;
};

}  // namespace holdfast::harness
