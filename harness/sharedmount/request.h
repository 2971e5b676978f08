// What a client asks of the server, and what it is told: the remote calls of the emulated protocol.
//
// A request is a value. It can be kept back, carried out twice, or carried out long after the
// program that made it was told that it failed; so it holds all that it needs.
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/sharedmount/node.h"
#include "harness/sharedmount/server_clock.h"

namespace holdfast::harness::mount {

enum class Action : std::uint8_t {
  lookup,
  stat,
  set,  ///< mode, owner, size, times
  readlink,
  open,
  create,
  read,
  write,
  mkdir,
  mknod,
  symlink,
  unlink,
  rmdir,
  rename,
  link,
  list,
  sync,
  statfs,
};

/// The name by which faults and logs know an action: "rename", "open_create", "utime", ...
const char* text(Action action);

/// Whether carrying it out may change what others see.
bool is_change(Action action);

/// Whether it comes through an open file: nobody looks the name up.
bool is_of_open_file(Action action);

/// Who asks.
struct Caller {
  uid_t user = 0;
  gid_t group = 0;
  pid_t thread = 0;  ///< 0: nobody who waits, or one that the server cannot see
};

using FilePtr = std::shared_ptr<Descriptor>;

struct Request {
  Action action = Action::stat;
  std::uint32_t host = 0;
  Caller caller;
  NodePtr node;  ///< where a name is given: its directory; else the file itself
  std::string name;
  NodePtr other;  ///< of rename and link: the second name's directory
  std::string other_name;
  /// Of a request without `name`: those of which the program has used one, as far as its host can
  /// tell. None: it knows none.
  std::vector<Place> known_as;
  NodePtr moved;  ///< of a rename that moves this file, wherever it is by then; none: by the name
  mode_t mode = 0;
  dev_t device = 0;
  int flags = 0;     ///< of open and create
  std::string data;  ///< to be written; what a symbolic link says
  off_t offset = 0;
  std::size_t size = 0;
  FilePtr file;           ///< of read and write
  struct stat values {};  ///< of set
  int which = 0;          ///< of set: which of `values`, as FUSE_SET_ATTR_...
};

/// The paths that a request is about, from the mount's root.
struct Paths {
  /// One; several where a file was asked for by its handle, of which the program used one.
  std::vector<std::string> first;
  std::string second;  ///< of rename and link; empty: there is none
};
Paths paths(const Request& request);
/// "link claim lock", as logs say it; "link claim//other lock" where it was one of the two. No path
/// has two slashes in a row.
std::string words(const Request& request, const Paths& about);

/// How a client tells whether something changed.
struct Change {
  timespec time{};
  std::uint64_t count = 0;
  off_t size = 0;
  bool operator==(const Change& other) const {
    return same_time(time, other.time) && count == other.count && size == other.size;
  }
};

struct Entry {
  std::string name;
  ino_t inode = 0;
  mode_t type = 0;
};
using Entries = std::shared_ptr<const std::vector<Entry>>;

/// A directory that a request looked into: how it was before and is after.
struct Witness {
  NodePtr directory;
  Change before;
  Change after;
};

struct Reply {
  int error = 0;
  bool changed = false;   ///< what others can see, be it no more than a time of last change
  NodePtr node;           ///< that was found or made
  struct stat status {};  ///< its attributes
  TrueTimes real;         ///< what the server's clock has made those times of
  Change change;          ///< its state
  std::vector<Witness> directories;
  std::string data;
  std::size_t size = 0;  ///< written
  Entries entries;
  FilePtr file;
  struct statvfs system {};
  bool passing = false;  ///< the kernel is to believe it for no time
};

}  // namespace holdfast::harness::mount
