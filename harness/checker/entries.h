// Whose entry was removed by whom: the makings and removals of a lock's one name, replayed.
//
// They are recorded in the order in which they were answered. What cannot be true is put right, as
// trail.h says.
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

  const Trail& trail_;
  std::vector<std::uint32_t> deeds_;
  std::vector<bool> is_take_;
  std::vector<bool> done_;
  std::int64_t longest_ns_ = 0;  ///< that any of these took
  std::uint32_t present_ = kNone;
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
