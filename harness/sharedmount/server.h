// One server process: a directory, and a mount of it for each logical host.
//
// Everything happens in one thread, one request after the other, so that what the server did has
// one order. Fault model: killed at any instant, the kernel fails what waits, and the guardian
// takes the mounts away; what is in the directory is what the requests up to then made of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/scenario/mount_spec.h"
#include "harness/sharedmount/crash_points.h"
#include "harness/sharedmount/hit.h"
#include "harness/sharedmount/manners.h"

namespace holdfast::harness::mount {

struct HostPlace {
  std::string name;
  std::string place;  ///< a directory, to be mounted upon
};

struct ServerOptions {
  std::string directory;  ///< that is shared
  std::vector<HostPlace> hosts;
  Manners manners;
  std::vector<MountFault> faults = {};  ///< numbered from 1
  std::uint64_t seed = 0;
  std::string control = {};  ///< where to listen (control.h); empty: nowhere
  bool waits = false;        ///< with the faults, until it is told to start them
  HitLog log = nullptr;
  CrashLog crash_log = nullptr;
};

class Server {
 public:
  /// Mounts for every host; what was mounted is taken away again where one fails.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
  virtual ~Server() = default;
  /// Serves until SIGTERM, SIGINT or SIGHUP comes, or until somebody else has unmounted all. What
  /// waits then fails, and nothing stays mounted.
  virtual void serve() = 0;
};

}  // namespace holdfast::harness::mount
