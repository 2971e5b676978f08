// Processes for tests, which end with the test whatever happens to it.
//
// Every one of them is killed by the kernel when its parent ends, and an isolated one when its time
// is over. Their bodies must not use the test framework: they say in words what they found.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace holdfast::os::testing {

/// A forked child that runs `body` and exits with what it returns. Killed and waited for when this
/// object goes.
class Child {
 public:
  explicit Child(const std::function<int()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void kill() const;
  /// Waits until it has ended: its exit status, or minus the signal that killed it.
  int reap();
  /// Waits until it has ended and leaves it a zombie.
  void wait_for_end() const;

 private:
  pid_t pid_;
  std::optional<int> ended_;
};

/// The body of a child that only exists.
[[noreturn]] int sleep_for_ever();

/// How a piece of a test is set apart.
struct Isolation {
  int namespaces = 0;  ///< CLONE_NEWPID, ...; a mount namespace comes with `proc`
  std::optional<std::string> proc = std::nullopt;  ///< mount options of a /proc of its own
  std::chrono::seconds boot_offset{0};             ///< of its own time namespace
  std::chrono::seconds at_most{20};
};

struct Finding {
  bool permitted = true;  ///< false: this system or user may not isolate so; `text` says why
  std::string text;       ///< what is not as claimed; empty: all is
};

/// Runs `body` in a process of its own; of a new pid namespace that is the first one.
Finding in_isolation(const Isolation& isolation, const std::function<std::string()>& body);

/// What a body returns that finds out for itself that it may not do what it is to do.
std::string not_permitted(const std::string& why);

/// Collects what is not as it was claimed to be.
class Claims {
 public:
  void check(bool holds, const std::string& claim) {
    if (!holds) text_ += "not so: " + claim + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Asks again until it is so, for 10 seconds.
bool eventually(const std::function<bool()>& so);

}  // namespace holdfast::os::testing
