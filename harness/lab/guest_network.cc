#include "harness/lab/guest_network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "harness/lab/socket.h"

namespace holdfast::harness::lab {
namespace {

ifreq about(const std::string& device) {
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  return request;
}

void put(sockaddr& to, const std::string& address) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &made.sin_addr);
  std::memcpy(&to, &made, sizeof made);
}

Result<void> raise(int socket, const std::string& device, const std::string& address) {
  ifreq request = about(device);
  if (!address.empty()) {
    put(request.ifr_addr, address);
    if (::ioctl(socket, SIOCSIFADDR, &request) != 0) {
      return problem(device, "give it the address " + address, system_error());
    }
    put(request.ifr_netmask, "255.255.255.0");
    if (::ioctl(socket, SIOCSIFNETMASK, &request) != 0) {
      return problem(device, "give it a netmask", system_error());
    }
  }
  request = about(device);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) {
    return problem(device, "take it up", system_error());
  }
  return {};
}

}  // namespace

Result<void> raise_network(const std::string& nfs_address, const std::string& control_address) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (auto done = raise(socket.number(), "lo", ""); !done) return done;
  if (auto done = raise(socket.number(), "vec1", control_address); !done) return done;
  return raise(socket.number(), "vec0", nfs_address);
}

}  // namespace holdfast::harness::lab
