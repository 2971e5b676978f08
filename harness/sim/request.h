// What a client asks of the server: handles and names, as on the wire.
//
// A request names directories by their handles, not by paths. So one that arrives late acts on the
// directory that was meant when it was sent, wherever that has been moved since.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <string_view>

namespace holdfast::harness::sim {

/// A handle. Never used again within one schedule; 0: none.
using Inode = std::uint32_t;

enum class Call : std::uint8_t {
  rename,
  link,
  unlink,
  make_directory,
  remove_directory,
  create,
  list,
  read,
  status,
  touch,
  set_modified,
  sync,
  file_system,
};

inline constexpr std::size_t kCalls = 13;

const char* word(Call call);

/// Whether applying it changes a directory.
constexpr bool changes_names(Call call) { return call <= Call::create; }

/// Whether it changes anything at all: what can matter when it is applied late or twice, and what a
/// server keeps its answer to, for a while.
constexpr bool changes_anything(Call call) {
  return changes_names(call) || call == Call::touch || call == Call::set_modified;
}

struct Place {
  Inode directory = 0;
  std::string_view name;
};

struct Request {
  Call call = Call::status;
  Place place;     ///< rename, link: the target
  Place from{};    ///< rename: the source
  Inode file = 0;  ///< link: the source; list, read, status, touch, set_modified, sync: the subject
  std::string_view contents{};
  std::uint32_t mode = 0;
  std::uint32_t life = 0;  ///< of the process that sent it
  os::ServerTime time{};   ///< set_modified
};

}  // namespace holdfast::harness::sim
