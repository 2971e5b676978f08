// The emulated mount of a run: its server is a process of its own, that ends with the run.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/descriptor/descriptor.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"
#include "harness/sharedmount/nemesis.h"

namespace holdfast::harness {

struct RunMountPlaces {
  std::string run;     ///< the run's folder: with scenario.json, and where faults are logged
  std::string locks;   ///< the directory that is shared
  std::string mounts;  ///< to be made: for the hosts' mounts and the control channel
};

class RunMount {
 public:
  /// Mounts for every host of the scenario, which has a "mount". Its faults wait for begin().
  ///
  /// Errors:  what the server said, or that it said nothing for 20 s.
  static Result<std::unique_ptr<RunMount>> start(const Scenario& scenario,
                                                 const RunMountPlaces& places);
  /// Unmounts; whoever still waits for the server is told that it failed.
  ~RunMount();
  RunMount(const RunMount&) = delete;
  RunMount& operator=(const RunMount&) = delete;

  /// Where each host sees the shared directory.
  const std::vector<std::string>& host_places() const { return host_places_; }
  /// Where its server listens (sharedmount/control.h).
  const std::string& control() const { return control_; }
  pid_t server() const { return server_; }
  /// Errors:  the server has ended, and since then every host saw a directory of its own.
  Result<void> check() const;
  /// If the server has ended, unmounts: whoever waits for it is told that it failed. Its guardian
  /// does that, unless it was killed, too.
  void let_go() const;
  /// From now on the faults strike.
  Result<void> begin();

 private:
  RunMount() = default;

  /// Whether its first thread has: another can then still wait in the kernel, for a directory that
  /// is held by one who waits for the server, and the process is not over before both are let go.
  bool has_ended() const;
  void unmount_all() const;

  std::string control_;
  std::vector<std::string> host_places_;
  pid_t server_ = 0;
  Descriptor process_;  // stands for the server even when its number is another's
  std::unique_ptr<mount::Nemesis> nemesis_;
};

}  // namespace holdfast::harness
