// The program `holdfast`, started as a user starts it, and watched from outside: for the tests of
// whole runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::harness {

/// What a program said, and its exit status; -N: it was killed by signal N.
struct Said {
  int status = 0;
  std::string out;
  std::string err;
};

/// A folder of a test's own, with the temporary files of all that is started in it, so that what is
/// left behind can be told from what others do on this machine.
class Playground {
 public:
  explicit Playground(const std::string& name);
  ~Playground();
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path temporary() const { return folder_ / "tmp"; }
  /// Writes a file into the folder; its path.
  std::string file(const std::string& name, const std::string& text) const;
  /// Processes that were started here, by whomever, and are still there. (Zombies are none.)
  std::vector<pid_t> processes() const;

 private:
  std::filesystem::path folder_;
};

class Started {
 public:
  /// Starts `words` with its temporary files in the playground; the test fails if that cannot be.
  Started(const Playground& playground, std::vector<std::string> words);
  /// Kills what is still there.
  ~Started();
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  std::string out() const;
  std::string err() const;
  /// Waits for its end, for two minutes at most; the test fails if it takes longer.
  Said wait();

 private:
  pid_t pid_ = 0;
  std::filesystem::path out_, err_;
};

/// Looks again and again, for twenty seconds at most.
bool eventually(const std::function<bool()>& holds);

}  // namespace holdfast::harness
