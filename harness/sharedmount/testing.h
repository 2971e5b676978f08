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
  /// Ends the server in order.
  ~SharedMount();

  /// Where host number `host` sees the shared directory.
  std::string at(std::size_t host, const std::string& name = "") const;
  /// The shared directory itself, as the server sees it.
  std::string backing(const std::string& name = "") const;
  /// Where all of it is.
  const std::string& folder() const { return scratch_.path(); }
  os::testing::Child& server() { return *server_; }

 private:
  int run(const ServerOptions& options, uid_t user, int ready);

  os::testing::Scratch scratch_{"/dev/shm"};
  std::unique_ptr<os::testing::Child> server_;
};

/// How many file systems are mounted below `path`.
std::size_t mounts_below(const std::string& path);

}  // namespace holdfast::harness::mount::testing
