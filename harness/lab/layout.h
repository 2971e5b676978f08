// Who is where in a lab: names, addresses, and what its kernels are told. Pure.
//
// A lab has two networks, each a bridge inside the lab's own network namespace. Over the one the
// guests speak NFS, and it is the one that faults cut; over the other the controller reaches the
// guests, whatever happens to the first.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/scenario/lab_spec.h"

namespace holdfast::harness::lab {

inline constexpr const char* kServer = "server";    ///< the name of the guest that exports
inline constexpr const char* kMountPoint = "/nfs";  ///< in every client
inline constexpr int kControlPort = 7700;           ///< where a guest listens
inline constexpr std::size_t kMostClients = 40;

/// What one guest is and has.
struct Guest {
  std::string name;
  bool server = false;
  std::string nfs_address;      ///< 10.77.0.x
  std::string control_address;  ///< 10.78.0.x
  std::string nfs_tap;          ///< its end of a cable on the outer side
  std::string control_tap;
  std::string nfs_mac;  ///< fixed: a random one and the others' stale memory of it would make a
                        ///< rebooted guest unreachable for up to a minute
  std::string control_mac;
};

/// The server first, then the clients in their order.
std::vector<Guest> guests_of(const LabSpec& spec);

/// The arguments of the mount(2) call of a client.
struct MountCall {
  std::string source;
  std::string type;
  std::string data;
};
MountCall mount_call(const LabSpec& spec, const std::string& server_address);

/// Where a guest's kernel finds what belongs to it.
struct GuestFiles {
  std::string folder;   ///< of the lab
  std::string program;  ///< this very program, its first process
  std::string config;   ///< that it is to read
  std::string disk;     ///< the server's
};
/// The words that start the guest's kernel, the first is the program.
std::vector<std::string> kernel_words(const Guest& guest, const GuestFiles& files);

/// What `ip -batch` is told to make the lab's networks.
std::string network_script(const std::vector<Guest>& guests);

/// Whether a lab may have this name: 1 to 32 letters, digits and '-', as it becomes part of paths.
bool good_lab_name(const std::string& name);

}  // namespace holdfast::harness::lab
