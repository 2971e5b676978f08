// What one host believes of the shared files, and for how long: its client's caches.
//
// The names and attributes themselves are kept by the kernel, which asks again when the time that
// it was given with them is over, when somebody forces it (AT_STATX_FORCE_SYNC, O_EXCL, the target
// of a rename), or when it is told that they have expired. What is decided here is that time, and
// what has expired: a directory that others changed takes with it all that was found in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/sharedmount/known_names.h"
#include "harness/sharedmount/manners.h"
#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

/// A name that the kernel must ask for again.
struct Expired {
  std::uint64_t directory = 0;  ///< node id
  std::string name;
};

/// One file, as one host sees it.
struct View {
  NodePtr node;
  std::uint64_t lookups = 0;  ///< that the kernel has not yet forgotten
  std::uint32_t opens = 0;
  bool seen_before = false;
  Change seen;  ///< when it was last asked for
  Nanoseconds trust{};
  Instant asked{};
  std::set<std::string> names;  ///< a directory's, that the kernel may still trust
  Entries listing;              ///< a directory's, of when it was in the state `listed`
  Change listed;
  NodePtr silly_directory;  ///< where its last name lives on until it is closed
  std::string silly_name;
};

class Beliefs {
 public:
  explicit Beliefs(const Manners& manners) : manners_(manners) {}

  View& view(const NodePtr& node);
  View* find(std::uint64_t id);
  /// The kernel was told of this node once more.
  void introduce(const NodePtr& node) { ++view(node).lookups; }
  void forget(std::uint64_t id, std::uint64_t lookups);
  /// Lets go of a view that nobody needs any more.
  void tidy(std::uint64_t id);

  /// The server told this of a file: whether it had changed, and how long the answer holds is in
  /// View::trust from now on. What expires with it is added to `expired`.
  bool learn(const NodePtr& node, const Change& now, Instant at, std::vector<Expired>& expired);
  /// The same for the directories that a request looked into; where the request was this host's
  /// own change and nobody else's came between, no name expires.
  void learn(const Reply& reply, bool own_change, Instant at, std::vector<Expired>& expired);
  /// A change of its names by this host has come back. Its listing goes, whatever came of the
  /// change and whatever was told of it: so does the Linux client, for which an error is never
  /// proof that nothing happened.
  void tried_to_change(const NodePtr& directory);
  /// How long a name in this directory holds; and that the kernel was told so, for this thread:
  /// that it leads to `node`, or, where that is none, that it is missing.
  Nanoseconds name_given(const Place& place, const NodePtr& node, pid_t thread, Instant at);
  /// This host has removed a name, or renamed it.
  void name_removed(const Place& place) { known_names_.gone(place); }
  void name_moved(const Place& from, const Place& to) { known_names_.moved(from, to); }
  /// What a file's programs may have called it when they asked for it by its handle.
  const KnownNames& known_names() const { return known_names_; }
  /// The listing to be shown where the server's answer is `fresh`.
  Entries listing(const NodePtr& directory, const Entries& fresh, const Change& now);

 private:
  void expire(View& view, Instant at, std::vector<Expired>& expired);

  const Manners& manners_;
  std::map<std::uint64_t, View> views_;
  KnownNames known_names_;
};

}  // namespace holdfast::harness::mount
