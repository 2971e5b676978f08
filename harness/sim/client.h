// One host's side of the mount: what it remembers, and so what it does not ask the server.
//
// Modelled on the Linux client as it was measured, with its time limits (nfs(5)):
//   lookups     what was looked up, in vain or not, is remembered for acdirmin, half a minute, also
//               by the lookups inside rename(2), whatever a listing shows;
//   attributes  of files for acregmin, of directories for acdirmin, unless asked for by force;
//   listings    have two limits. How long one is believed without asking: not at all where opening
//               a directory asks (close-to-open, the default); else (`nocto`) for acdirmin, and
//               each time that it turns out to be the same for twice as long, up to acdirmax, a
//               minute. And when it is asked about, it stays as long as the directory's change
//               attribute does, in version 3 its stamps: there, two changes within one tick of the
//               server's clock leave it stale beyond any time, until somebody changes the
//               directory.
// An own change or touch of a directory always drops its listing. LINK and CREATE always reach the
// server.
//
// How it differs from the real thing: memory lasts as long as it may, and holds 64 of a kind; the
// limits are the least of what nfs(5) names, for every file alike, and but for listings do not grow
// with a file's age; a listing mends no lookup, and brings no attributes; an own change makes all
// attributes be asked for again; a listing that is believed takes a request's time all the same;
// nothing is written behind; files have no cached contents (they are opened, read and closed within
// one call), so none is open when it is unlinked, and that one is renamed to .nfs* instead is
// injected (Mishap::silly); there are no delegations or locks; symbolic links are followed nowhere,
// so a path through one is ENOTDIR; "." and ".." are names like others.
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
  bool close_to_open = true;        ///< opening a directory asks about its listing; false: `nocto`
  Duration file_age = std::chrono::seconds(3);             ///< acregmin
  Duration directory_age = std::chrono::seconds(30);       ///< acdirmin
  Duration most_directory_age = std::chrono::seconds(60);  ///< acdirmax

  /// Whether what a process sees can be older than its asking.
  bool remembers_anything() const { return remembers || version_3 || !close_to_open; }
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

  /// The names in a directory that is opened, in place of what was in `found`.
  void list(Inode directory, std::size_t most, Duration now, os::Listing& found);
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
    std::uint64_t version = 0;  // of the directory: 0 is none's
    os::ServerTime modified{}, changed{};
    std::vector<std::string> names{};
    Duration age{};  // that it is believed for without asking
    Duration expires{};
  };
  struct Attributes {
    os::FileStatus status;
    Duration expires;
  };
  int walk(std::string_view directory, Duration now, Inode& found);
  void ask_about(Names& listing, const Node& node, Duration now) const;
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
