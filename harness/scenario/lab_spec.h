// A lab: a real NFS server and hosts that mount it, each a small virtual machine of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/distribution.h"

namespace holdfast::harness {

/// What is done to the machines of a lab and to the network between them.
struct LabFault {
  enum class Kind {
    host_crash,    ///< its power is cut; it boots again
    host_pause,    ///< its whole kernel stands still
    partition,     ///< it and the server do not reach each other
    delay,         ///< its packets leave later, or some of them never
    server_pause,  ///< the server's kernel stands still
    server_crash,  ///< its power is cut; it boots again, with its disk
    server_clock,  ///< its clock is set, or runs at another rate
    lost_reply,    ///< a host's replies are dropped, then the server crashes: it has done what the
                   ///< host was never told, and remembers nothing of having been asked
  };
  Kind kind = Kind::host_crash;
  std::string host = "any";
  Nanoseconds at{};
  std::optional<Nanoseconds> every;
  double jitter = 0;
  std::optional<std::uint64_t> times;
  Distribution length;              ///< how long
  std::string what = "both";        ///< partition: of the packets; lab_cuts()
  Nanoseconds later{};              ///< delay: by this much
  double loss = 0;                  ///< delay: the share of packets that never arrive
  std::optional<Nanoseconds> step;  ///< server_clock
  std::optional<double> rate;       ///< server_clock
};

struct LabSpec {
  std::string nfs = "4.2";    ///< the protocol's version: one of lab_versions()
  std::string mount_options;  ///< further ones, of the client's mount: "soft,actimeo=1"
  bool sync = true;           ///< the export: false: acknowledged changes can be lost in a crash
  std::vector<std::string> hosts;  ///< the names of the clients
  std::vector<LabFault> faults;
};

/// "3", "4.0", "4.1", "4.2".
const std::vector<std::string>& lab_versions();
/// The words for LabFault::Kind, in its order.
const std::vector<std::string>& lab_fault_kinds();
/// "both", "requests", "replies", "nfs".
const std::vector<std::string>& lab_cuts();

}  // namespace holdfast::harness
