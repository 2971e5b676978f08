// How to undo the changes that were made last: what a server forgets that acknowledges a change
// before it is on disk (`async`), and then crashes.
//
// For each change there is what takes it back; the newest is taken back first, so each finds the
// directory as it left it. A name that is removed or replaced is kept by a further link in a
// directory of the journal's own, on the same file system.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

/// An acknowledged change that the server does not know of any more.
struct Forgotten {
  std::uint32_t host = 0;  ///< whose it was
  std::string what;        ///< "link claim lock"
};

class Journal {
 public:
  /// `directory` is made, and removed with all that is in it when the journal goes. If it is there,
  /// it must be what a killed server has left.
  static Result<std::unique_ptr<Journal>> open(const std::string& directory);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// To be called before a change; the change is noted when `after` follows. `emptied`: the file
  /// that is there already and that a create is to empty, else none.
  void before(const Request& request, const std::string& name, const std::string& other_name,
              const NodePtr& emptied);
  /// Whether the change before was made.
  void after(bool made);
  /// Takes back the last `changes`, or as many as are known: which, the newest first.
  std::vector<Forgotten> forget(std::size_t changes);
  /// How many links of a file are the journal's own.
  nlink_t own_links(dev_t device, ino_t inode) const;

 private:
  explicit Journal(std::string path) : path_(std::move(path)) {}
  struct Kept {
    std::string name;  ///< in the journal's directory
    dev_t device = 0;
    ino_t inode = 0;
    bool directory = false;
    Nodes* nodes = nullptr;  ///< of the store that it is from
  };
  struct Change {
    Forgotten told;
    std::function<void()> undo;
    std::function<void()> not_made;  ///< where it failed after all
    std::optional<Kept> kept;
  };
  /// Makes a further link to the file of this name; what gives it back its name.
  std::function<void()> keep(const NodePtr& directory, const std::string& name, Change& change);
  /// The same for an empty directory, which can have no second link: it is moved, and what is to be
  /// removed or replaced is an empty one in its place.
  std::function<void()> put_aside(const NodePtr& directory, const std::string& name,
                                  const struct stat& status, Change& change);
  static std::function<void()> old_attributes(const NodePtr& node, bool contents);
  static std::function<void()> old_bytes(const Request& request);
  void drop(Change& change);

  /// More than any crash is asked to forget.
  static constexpr std::size_t kMost = 1000;

  std::string path_;
  Descriptor directory_;
  std::deque<Change> changes_;
  std::optional<Change> pending_;
  std::map<std::pair<dev_t, ino_t>, nlink_t> links_;
  std::uint64_t last_name_ = 0;
};

}  // namespace holdfast::harness::mount
