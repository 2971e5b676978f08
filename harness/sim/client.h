// One host's side of the mount: what it remembers, and so what it does not ask the server.
//
// Modelled on the Linux client as it was measured: opening and reading a directory asks the server,
// but believes its old listing while the directory's stamps are the same (version 3: two changes
// within one tick of the server's clock leave it stale until somebody changes the directory; an own
// change or touch always drops it); names that were looked up, in vain or not, are remembered for
// half a minute, also by the lookups inside rename(2), whatever a listing shows; attributes for
// some seconds, unless they are asked for by force. LINK and CREATE always reach the server.
//
// How it differs from the real thing: memory lasts as long as it may; a listing mends no lookup;
// files have no cached contents (they are opened, read and closed within one call); symbolic links
// are followed nowhere, so a path through one is ENOTDIR; "." and ".." are names like others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/server.h"

namespace holdfast::harness::sim {

/// How a host has mounted the share, and what its kernel does.
struct Mount {
  bool version_3 = false;  ///< listings are judged by stamps, not by a change attribute
  bool hard = true;        ///< false: a request that gets no answer ends in EIO after a while
  bool remembers = false;  ///< lookups and attributes are cached
  bool touch_mends_lookups = true;  ///< an own touch of a directory drops what was looked up there
  Duration lookup_age = std::chrono::seconds(30);
  Duration attribute_age = std::chrono::seconds(3);
};

class Client {
 public:
  explicit Client(Server& server) : server_(server) {}

  void reset(const Mount& mount);
  const Mount& mount() const { return mount_; }

  /// The directory of `path`, and its last name. 0 or an errno value.
  int find_place(std::string_view path, Duration now, Place& place);
  /// What is at `path`. 0 or an errno value.
  int find(std::string_view path, Duration now, Inode& found);
  /// The same from its place; 0: nothing, as far as this host knows.
  Inode look_up(const Place& place, Duration now);

  /// The names in a directory that is open.
  void list(Inode directory, std::size_t most, os::Listing& found);
  os::FileStatus status(Inode file, os::Revalidate revalidate, Duration now);

  /// An answer has come: what this host knows from it.
  void answered(const Request& request, int error, Duration now);
  /// What it remembers, and for how long.
  void add_to(Digest& digest, Duration now) const;

 private:
  struct Lookup {
    Inode directory;
    std::string name;
    Inode inode;  // 0: there was nothing
    Duration expires;
  };
  struct Names {
    Inode directory;
    os::ServerTime modified, changed;
    std::vector<std::string> names;
  };
  struct Attributes {
    os::FileStatus status;
    Duration expires;
  };
  int walk(std::string_view directory, Duration now, Inode& found);
  void remember(const Place& place, Inode inode, Duration now);
  void forget(const Place& place);
  void own_change(Inode directory, bool mends_lookups);

  Server& server_;
  Mount mount_;
  std::vector<Lookup> lookups_;
  std::vector<Names> listings_;
  std::vector<Attributes> attributes_;
  // The directory that was walked to last, and the server's structure by which that is still true.
  std::string walked_;
  Inode walked_to_ = 0;
  std::uint64_t walked_at_ = 0;
};

}  // namespace holdfast::harness::sim
