// A shared mount for tests: a server process of its own, with some hosts, in a scratch directory.
#pragma once

#include <holdfast/os/testing/processes.h>
#include <holdfast/os/testing/scratch.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/sharedmount/server.h"

namespace holdfast::harness::mount::testing {

/// Why nothing can be mounted here; empty: it can.
std::string why_no_mount();

class SharedMount {
 public:
  /// `user`: whose the server is; 0: as the test's. Aborts if it cannot be started.
  explicit SharedMount(const Manners& manners, std::size_t hosts = 2, uid_t user = 0);
  /// As a scenario's "mount" says.
  explicit SharedMount(const std::string& spec);
  /// Ends the server in order.
  ~SharedMount();

  /// Where host number `host` sees the shared directory.
  std::string at(std::size_t host, const std::string& name = "") const;
  /// The shared directory itself, as the server sees it.
  std::string backing(const std::string& name = "") const;
  /// Injects and ends faults; the answer.
  std::string say(const std::string& line) const;
  /// What was hit so far, a line each: "lost_reply h1 link claim lock: done, then EEXIST".
  std::string hits() const;
  /// Where all of it is.
  const std::string& folder() const { return scratch_.path(); }
  os::testing::Child& server() { return *server_; }

 private:
  void start(ServerOptions options, std::size_t hosts, uid_t user);
  int run(const ServerOptions& options, uid_t user, int ready);

  os::testing::Scratch scratch_{"/dev/shm"};
  std::unique_ptr<os::testing::Child> server_;
};

/// How many file systems are mounted below `path`.
std::size_t mounts_below(const std::string& path);

}  // namespace holdfast::harness::mount::testing
