#include "harness/checker/entries.h"

#include <algorithm>
#include <utility>

namespace holdfast::harness {
namespace {

/// Unknown inodes are compatible with every other.
bool may_be_one(std::uint64_t a, std::uint64_t b) { return a == 0 || b == 0 || a == b; }

}  // namespace

Entries::Entries(const Trail& trail, std::vector<std::uint32_t> deeds, std::vector<bool> is_take)
    : trail_(trail),
      deeds_(std::move(deeds)),
      is_take_(std::move(is_take)),
      done_(deeds_.size(), false) {
  for (std::size_t i = 0; i < deeds_.size(); ++i) {
    longest_ns_ = std::max(longest_ns_, event(i).at_ns - event(i).began_ns);
  }
  for (std::size_t i = 0; i < deeds_.size(); ++i) {
    if (done_[i]) continue;
    done_[i] = true;
    if (is_take_[i]) {
      take(i);
    } else {
      remove(i);
    }
  }
}

/// Whether this later deed, or one after it, can have begun before that one was done.
bool Entries::may_overlap(std::size_t later, std::size_t i) const {
  return event(later).at_ns - longest_ns_ < event(i).at_ns;
}

void Entries::take(std::size_t i) {
  const std::uint64_t made = inode(i);
  if (present_ != kNone) {
    // Opening what is there is not making it.
    if (event(i).file == FileOp::open_create && made != 0 && made == trail_.inode(present_)) return;
    remove_late(i);
  }
  // The number of a file that was moved away and removed is another's soon: a file is put back
  // under the name that it was moved to.
  const auto back = moved_away_.find(made);
  const bool restored = event(i).file == FileOp::link && made != 0 && back != moved_away_.end() &&
                        back->second.to == event(i).name;
  gone_.erase(made);
  present_ = restored ? back->second.take : deeds_[i];
}

/// What was there must have been removed before `i` made it anew: a removal that was recorded
/// later than it took effect.
void Entries::remove_late(std::size_t i) {
  for (std::size_t k = i + 1; k < deeds_.size() && may_overlap(k, i); ++k) {
    if (is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
    if (!may_be_one(inode(k), trail_.inode(present_))) continue;
    done_[k] = true;
    remove(k);
    return;
  }
}

void Entries::remove(std::size_t i) {
  if (present_ == kNone && was_seen_) take_early(i);
  // The inode of a removal was looked up just before it: if that file is known to have been gone
  // by then, the call removed what had taken its place, whatever its host shows of that
  // afterwards. What nobody has heard of takes whatever is there.
  const bool unheard = trail_.unheard(deeds_[i]) != nullptr;
  const bool was_gone = inode(i) != 0 && gone_.contains(inode(i));
  const bool of_present = present_ != kNone && (unheard || was_gone);
  const std::uint64_t ended = of_present ? trail_.inode(present_) : inode(i);
  const bool fits = present_ != kNone && may_be_one(ended, trail_.inode(present_));
  removed_[deeds_[i]] = fits ? present_ : kNone;
  if (ended != 0) gone_.insert(ended);
  if (present_ != kNone && !fits) return;
  if (fits && event(i).file == FileOp::rename && ended != 0) {
    moved_away_[ended] = {present_, event(i).other};
  }
  present_ = kNone;
  was_seen_ = true;
}

/// Nothing is there and yet `i` removed something: it was made by a call that was recorded later
/// than it took effect.
void Entries::take_early(std::size_t i) {
  for (std::size_t k = i + 1; k < deeds_.size() && may_overlap(k, i); ++k) {
    if (!is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
    if (!may_be_one(inode(k), inode(i))) continue;
    done_[k] = true;
    take(k);
    return;
  }
}

}  // namespace holdfast::harness
