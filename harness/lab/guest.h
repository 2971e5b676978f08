// The first process of a guest: from a bare kernel to a host that has mounted the export, or to the
// server that exports it; then it serves the controller until its power is cut.
//
// A guest boots from the outer machine's own file tree, which it sees read-only (hostfs), with a
// layer of memory on top: so every program of the outer machine is there under the same path, and
// nothing that the guest writes reaches the outer machine, but for the one shared folder. What is
// written there with write(2) is on the outer machine when the call returns; a mapped file is not.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/lab_spec.h"

namespace holdfast::harness::lab {

/// What a guest is told in the file that is named on its kernel's command line.
struct GuestConfig {
  std::string name;
  bool server = false;
  std::string nfs_address;
  std::string control_address;
  std::string server_address;
  std::string shared;  ///< folder that all guests and the outer machine share
  LabSpec spec;
};
std::string to_text(const GuestConfig& config);
Result<GuestConfig> read_guest_config(const std::string& file);

/// Never comes back: the guest halts when it could not become what it was to be, and says why.
[[noreturn]] void be_guest(const std::string& config_file);

}  // namespace holdfast::harness::lab
