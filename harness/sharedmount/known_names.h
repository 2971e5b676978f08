// By which names one host's kernel can reach a file: what it was told of them.
//
// A program gives a name. The kernel resolves it, from its cache if it may, and asks by the file's
// handle; the name is not in the request, as it is in none of NFS. Where a host knows a file by
// several names, the one that the program used is among those that the host may still believe, or
// is the one that the program's thread has just looked up.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sharedmount/node.h"

namespace holdfast::harness::mount {

/// Of a file it keeps the names that may still be used, and of those the newest 256: others'
/// changes of a name are never heard of if nobody here asks for it again.
class KnownNames {
 public:
  /// `thread` was told that the name leads to `node`. `until`: as long as the kernel may believe
  /// it without asking; by then it may be on its way with it. `now`: it must ask each time.
  void told(const Place& place, const NodePtr& node, pid_t thread, Instant until, Instant now);
  /// The host was told that there is no such name, or has removed it.
  void gone(const Place& place);
  /// The host has renamed it.
  void moved(const Place& from, const Place& to);
  /// The kernel was told to ask again: from `at` on it does.
  void lapse(std::uint64_t directory, const std::string& name, Instant at);
  /// The kernel has forgotten the node of this number.
  void forget(std::uint64_t node);

  /// One of these was used by what asks for the node by a name. None: the host knows no name.
  std::vector<Place> used(std::uint64_t node, pid_t thread, Instant now) const;
  /// All that are kept: what asks through an open file was opened by one of them, if not by one of
  /// long ago.
  std::vector<Place> all(std::uint64_t node) const;

 private:
  using Key = std::pair<std::uint64_t, std::string>;  ///< directory's node, name
  struct Known {
    Place place;
    Instant until{};
    std::uint64_t turn = 0;     ///< of the telling; the largest is the newest
    std::deque<pid_t> threads;  ///< who were told this name of the file last
  };
  static Key key(const Place& place) { return {place.directory->id, place.name}; }
  /// None: the name is not known to lead anywhere.
  Known* find(const Key& which);
  void erase(const Key& which);
  /// Drops those names of a node that can be used no more.
  void tidy(std::uint64_t node, Instant now);

  std::map<std::uint64_t, std::vector<Known>> names_;  ///< by node
  std::map<Key, std::uint64_t> nodes_;
  std::uint64_t last_turn_ = 0;
};

}  // namespace holdfast::harness::mount
