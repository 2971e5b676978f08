// What the server knows of the files in its directory, and how long it has to.
//
// Every file that a host has heard of is a Node. It holds the file itself (a descriptor that opens
// nothing, O_PATH) and not its name: names are moved and removed by others, as on a real server,
// whose handles outlive them. Two hosts that know one file share its Node.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/descriptor/descriptor.h"

namespace holdfast::harness::mount {

using Instant = std::chrono::steady_clock::time_point;

struct Node;
using NodePtr = std::shared_ptr<Node>;

/// Which file; `alias` tells names apart where inode numbers are made up of them, else 0.
struct NodeKey {
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t alias = 0;
  auto operator<=>(const NodeKey&) const = default;
};

class Nodes;

inline bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// The times that a client gave a file in so many words; as long as the file still has one of them,
/// that one is no stamp of the server's clock.
struct GivenTimes {
  std::optional<timespec> access;
  std::optional<timespec> modified;
};

struct Node {
  Node(Nodes& table, NodeKey which, mode_t kind, std::uint64_t number, Descriptor descriptor)
      : nodes(table), key(which), type(kind), id(number), file(std::move(descriptor)) {}
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Where it was last seen, from the root: "dir/lock"; "" for the root.
  std::string path() const;
  std::string path(const std::string& entry) const;

  Nodes& nodes;
  const NodeKey key;
  const mode_t type;       ///< S_IFREG, ...
  const std::uint64_t id;  ///< what the kernel calls it
  Descriptor file;
  NodePtr parent;  ///< where it was last seen; none: the root
  std::string name;
  bool removed = false;       ///< its last name is gone
  std::uint64_t changes = 0;  ///< how often this server changed it
};

/// A name in a directory.
struct Place {
  NodePtr directory;
  std::string name;
};

/// All that are known. Nodes must not outlive it.
class Nodes {
 public:
  /// The node of this file; `open` opens it with O_PATH where it is new. None: `open` failed.
  template <class Open>
  NodePtr get(const NodeKey& key, mode_t type, Open open) {
    if (NodePtr known = find(key)) return known;
    Descriptor file(open());
    if (!file) return nullptr;
    return add(key, type & S_IFMT, std::move(file));
  }
  NodePtr find(const NodeKey& key) const;
  std::vector<NodePtr> all() const;

  /// Of the file, whatever it was found by, and also when nobody has known it meanwhile.
  GivenTimes given(const Node& node) const;
  void give(const Node& node, const GivenTimes& times);
  /// The file of this key, without alias, is gone, and another may get its number.
  void forget_given(const NodeKey& file);

 private:
  friend struct Node;
  NodePtr add(const NodeKey& key, mode_t type, Descriptor file);

  std::map<NodeKey, std::weak_ptr<Node>> nodes_;
  std::map<NodeKey, GivenTimes> given_;  ///< by keys without alias
  std::uint64_t last_id_ = 0;
};

}  // namespace holdfast::harness::mount
