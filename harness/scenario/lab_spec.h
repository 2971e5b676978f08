// A lab: a real NFS server and hosts that mount it, each a small virtual machine of its own.
#pragma once

#include <string>
#include <vector>

namespace holdfast::harness {

struct LabSpec {
  std::string nfs = "4.2";    ///< the protocol's version: one of lab_versions()
  std::string mount_options;  ///< further ones, of the client's mount: "soft,actimeo=1"
  bool sync = true;           ///< the export: false: acknowledged changes can be lost in a crash
  std::vector<std::string> hosts;  ///< the names of the clients
};

/// "3", "4.0", "4.1", "4.2".
const std::vector<std::string>& lab_versions();

}  // namespace holdfast::harness
