// The file server: directories, files, link counts, and a clock of its own.
//
// Every operation is atomic, and there is one of each at a time. Time is handed in; stamps are cut
// to the granularity of the server's clock, as a kernel stamps files with its newest tick. An
// `async` export keeps what was acknowledged in memory only: a crash forgets the last changes.
// What is sent again is answered from the duplicate request cache, as long as it is still in there:
// later requests push it out, and a restart empties it. Else it is carried out again.
//
// How it differs from the real thing:
//   who may    no owners, permissions, sticky directories, squashed roots, access lists or umask:
//              all may do all. A refusal is injected, always as EDQUOT; so is ESTALE;
//   room       no quotas, no limit to space, links or entries, but for names of 255 bytes; nothing
//              is read-only; one file system and one device, of an unknown kind, without mounts in
//              it: never ENOSPC, EMLINK, EROFS or EXDEV;
//   names      are bytes, and differ if these do; a symbolic link is followed nowhere, and no
//              operation makes one, nor a FIFO or a device;
//   links      a directory has one, however many are in it;
//   contents   are written with the file's making, in one piece, and never changed: no file is
//              empty, or there in part, because its writing was cut short;
//   listings   are of one instant, however many names there are: never torn (that is tested beside
//              the register: torn_listing_test.cc); in no order that means anything;
//   times      no time of access; the clock is never set, and runs as the world's does;
//   sync       does nothing: a `sync` export has written down what it has acknowledged, an `async`
//              one forgets changes whatever was synced, and the times of files with them; nothing
//              else is lost or torn by a crash;
//   state      no opens, locks, leases or delegations, so nothing to be reclaimed after a restart,
//              and no time of grace; handles survive it, and are never used again for another file;
//              the cache of answers is one for all hosts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/digest.h"
#include "harness/sim/request.h"

namespace holdfast::harness::sim {

struct Entry {
  std::string name;
  Inode inode = 0;
};

struct Node {
  os::FileStatus status;
  std::uint64_t version = 0;  ///< version 4's change attribute: another one after every change
  std::string contents;
  std::vector<Entry> entries;
  Inode parent = 0;         ///< of a directory
  std::uint8_t maker = 0;   ///< who asked for it to be made
  std::uint32_t which = 0;  ///< of all that this maker has asked for
};

struct ServerSetting {
  Duration offset = std::chrono::seconds(1'700'000'000);  ///< of its clock, from 1970
  Duration tick = std::chrono::milliseconds(10);          ///< of its stamps; 0: they are exact
  std::size_t volatile_changes = 0;  ///< `async`: what a crash can forget; 0: a `sync` export
  /// Of so many of the newest requests that change something it knows what it has answered; 0: it
  /// has no duplicate request cache.
  std::size_t remembered_requests = kAllRequests;
  static constexpr std::size_t kAllRequests = 1'000'000;  ///< more than a schedule has
};

class Server {
 public:
  static constexpr Inode kRoot = 1;
  static constexpr std::size_t kMostName = 255;

  Server() { reset({}); }

  /// Empties it.
  void reset(const ServerSetting& setting);

  /// What the server's clock shows at this instant of the world.
  void set_now(Duration now);
  /// Whose requests come next.
  void serve(std::size_t process) { maker_ = std::min(process, kNobody); }
  /// 0 or an errno value; ESTALE for a handle that is gone.
  int execute(const Request& request);
  /// The handle of an entry; 0: there is none.
  Inode look_up(Inode directory, std::string_view name) const;
  /// nullptr: gone.
  const Node* find(Inode inode) const;
  /// For what no request can make: a symbolic link, a FIFO.
  void plant(Place place, os::FileType type);
  /// Crash and restart: forgets up to `most` of the newest changes, and what it has answered.
  /// Returns how many changes those were.
  std::size_t crash(std::size_t most);
  /// The number of the newest request that it has carried out, of those that change something.
  std::uint64_t served() const { return served_; }
  /// How many such requests have come since that one, as far as it matters to what is sent again.
  std::uint64_t since(std::uint64_t request) const {
    return std::min<std::uint64_t>(served_ - request, setting_.remembered_requests);
  }
  /// Whether it still knows what it has answered to that one.
  bool remembers(std::uint64_t request) const {
    return request > restarted_at_ && since(request) < setting_.remembered_requests;
  }
  /// Changes of names so far.
  std::uint64_t changes() const { return changes_; }
  /// What the newest of them was about: the file that was made, linked, moved or removed.
  Inode touched() const { return touched_; }
  /// Grows whenever a directory is moved, removed or forgotten: till then, a path leads where it
  /// led.
  std::uint64_t structure() const { return structure_; }
  /// What of a node matters, beside its name, type, links and contents.
  struct Detail {
    bool handles = false;
    bool stamps = false;
    os::ServerTime now{};  ///< stamps count against it
    /// Whether what this process has made beside the lock is left out; empty: nothing is.
    std::function<bool(std::size_t process)> is_nobodys{};
  };
  /// What is below the root.
  void add_to(Digest& digest, Detail detail, Duration now) const;
  void add_handle(Digest& digest, Inode inode) const;

 private:
  struct Image {
    std::vector<Node> nodes;
  };
  int apply(const Request& request);
  int rename(const Request& request);
  int link(const Request& request);
  int remove(const Request& request);
  int make(const Request& request, os::FileType type);
  int set_times(const Request& request);
  Node* live(Inode inode);
  Entry* entry(Node& directory, std::string_view name);
  void erase(Node& directory, std::string_view name);
  Inode make_node(os::FileType type, std::uint32_t mode, Inode parent);
  void stamp(Node& node, bool contents_too);
  bool is_within(Inode inode, Inode directory) const;
  void add_directory(Digest& digest, Inode directory, const Detail& detail) const;

  std::vector<Node> nodes_;
  std::size_t used_ = 0;
  std::uint64_t changes_ = 0;
  Inode touched_ = 0;
  std::uint64_t structure_ = 0;
  ServerSetting setting_;
  std::uint64_t served_ = 0;
  std::uint64_t restarted_at_ = 0;  // the request before
  os::ServerTime now_{};
  std::deque<Image> images_;  // before each of the newest changes
  static constexpr std::size_t kNobody = 15;
  std::size_t maker_ = kNobody;
  std::array<std::uint32_t, kNobody + 1> made_{};  // by each
};

}  // namespace holdfast::harness::sim
