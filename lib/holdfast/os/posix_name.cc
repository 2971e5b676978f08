// The name that a host has on the network.
//
// As Python's socket.getfqdn() finds it, since `link` writes it where flufl.lock does and both
// compare it: the address of the short name, and of the names of that address the first with a dot.
#include <holdfast/os/posix.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

namespace holdfast::os::posix {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses addresses_of(const std::string& name) {
  addrinfo* found = nullptr;
  return Addresses(::getaddrinfo(name.c_str(), nullptr, nullptr, &found) == 0 ? found : nullptr);
}

/// The bare address in a socket address; its length is 0 for a family that has no host names.
std::pair<const void*, socklen_t> bare_address(const addrinfo& address) {
  if (address.ai_family == AF_INET) {
    return {&reinterpret_cast<const sockaddr_in*>(address.ai_addr)->sin_addr, sizeof(in_addr)};
  }
  if (address.ai_family == AF_INET6) {
    return {&reinterpret_cast<const sockaddr_in6*>(address.ai_addr)->sin6_addr, sizeof(in6_addr)};
  }
  return {nullptr, 0};
}

bool has_dot(const char* name) { return std::strchr(name, '.') != nullptr; }

}  // namespace

std::string full_name_of(const std::string& short_name) {
  const Addresses addresses = addresses_of(short_name);
  if (!addresses) return short_name;
  const auto [address, length] = bare_address(*addresses);
  if (length == 0) return short_name;
  std::array<char, 8192> room{};
  hostent entry{};
  hostent* found = nullptr;
  int why = 0;
  if (::gethostbyaddr_r(address, length, addresses->ai_family, &entry, room.data(), room.size(),
                        &found, &why) != 0 ||
      found == nullptr) {
    return short_name;
  }
  if (has_dot(found->h_name)) return found->h_name;
  for (char** alias = found->h_aliases; *alias != nullptr; ++alias) {
    if (has_dot(*alias)) return *alias;
  }
  return found->h_name;
}

}  // namespace holdfast::os::posix
