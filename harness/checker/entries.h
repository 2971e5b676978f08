// Whose entry was removed by whom: the makings and removals of a lock's one name, replayed.
//
// They are recorded in the order in which they were answered, and overlap. What cannot be true is
// put right: the entry is made only when it is not there, and removed only when it is. The inode of
// a removal is what its host saw just before; if that file is known to have been gone by then, what
// had taken its place was removed, whatever the host shows of that afterwards: a kernel that
// renames moves what it knows. Where such a one overlaps the making of what it took, and the
// removal before that as well, either may have removed either: neither is sure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "harness/checker/trail.h"

namespace holdfast::harness {

class Entries {
 public:
  /// Successful deeds of one lock, in the order in which they were answered, and of each whether it
  /// makes the entry, or removes it.
  Entries(const Trail& trail, std::vector<std::uint32_t> deeds, std::vector<bool> is_take);

  const Trail::Removals& removals() const { return removed_; }
  /// The take, a deed, whose entry is there in the end; kNone: there is none.
  std::uint32_t standing() const { return present_; }

 private:
  const Event& event(std::size_t i) const { return trail_.did(deeds_[i]); }
  std::uint64_t inode(std::size_t i) const { return trail_.inode(deeds_[i]); }
  bool may_overlap(std::size_t later, std::size_t i) const;
  void take(std::size_t i);
  void remove(std::size_t i);
  void remove_late(std::size_t i);
  void take_early(std::size_t i);
  void doubt(std::size_t i);

  const Trail& trail_;
  std::vector<std::uint32_t> deeds_;
  std::vector<bool> is_take_;
  std::vector<bool> done_;
  std::int64_t longest_ns_ = 0;         ///< that any of these took
  std::uint32_t present_ = kNone;       ///< the take whose entry is there
  std::uint32_t put_there_ = kNone;     ///< the deed that made it, or put it back
  std::uint32_t last_removal_ = kNone;  ///< the newest that ended an entry
  bool was_seen_ = false;  ///< before the first deed nobody knows whether the entry is there
  struct MovedAway {
    std::uint32_t take = kNone;
    std::uint32_t to = 0;  ///< its name there
  };
  std::map<std::uint64_t, MovedAway> moved_away_;  ///< by inode
  std::set<std::uint64_t> gone_;                   ///< inodes that were removed
  Trail::Removals removed_;
};

}  // namespace holdfast::harness
