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
  put_there_ = deeds_[i];
}

/// What was there must have been removed before `i` made it anew: a removal that was recorded
/// later than it took effect. One that saw this very file comes before one that saw another's.
void Entries::remove_late(std::size_t i) {
  std::size_t late = 0;
  for (std::size_t k = i + 1; k < deeds_.size() && may_overlap(k, i); ++k) {
    if (is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
    if (may_be_one(inode(k), trail_.inode(present_))) {
      late = k;
      break;
    }
    if (late == 0 && gone_.contains(inode(k))) late = k;
  }
  if (late == 0) return;
  done_[late] = true;
  remove(late);
}

void Entries::remove(std::size_t i) {
  if (present_ == kNone && was_seen_) take_early(i);
  // What nobody has heard of takes whatever is there.
  const bool unheard = trail_.unheard(deeds_[i]) != nullptr;
  const bool was_gone = inode(i) != 0 && gone_.contains(inode(i));
  const bool of_present = present_ != kNone && (unheard || was_gone);
  const std::uint64_t ended = of_present ? trail_.inode(present_) : inode(i);
  const bool fits = present_ != kNone && may_be_one(ended, trail_.inode(present_));
  removed_[deeds_[i]].take = fits ? present_ : kNone;
  if (fits && (was_gone || inode(i) == 0)) doubt(i);
  if (fits) last_removal_ = deeds_[i];
  if (ended != 0) gone_.insert(ended);
  if (present_ != kNone && !fits) return;
  if (fits && event(i).file == FileOp::rename && ended != 0) {
    moved_away_[ended] = {present_, event(i).other};
  }
  present_ = kNone;
  was_seen_ = true;
}

/// Whether `i`, which did not see the entry that is there, may have been carried out before that
/// was made, and the removal before it afterwards.
void Entries::doubt(std::size_t i) {
  if (last_removal_ == kNone) return;
  const Event& earlier = trail_.did(last_removal_);
  const Event& made = trail_.did(put_there_);
  const bool either = event(i).began_ns < made.at_ns && made.began_ns < earlier.at_ns &&
                      event(i).began_ns < earlier.at_ns;
  if (!either) return;
  removed_[deeds_[i]].sure = false;
  removed_[last_removal_].sure = false;
}

/// Nothing is there and yet `i` removed something: it was made by a call that was recorded later
/// than it took effect.
void Entries::take_early(std::size_t i) {
  for (std::size_t k = i + 1; k < deeds_.size() && may_overlap(k, i); ++k) {
    if (!is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
    if (!may_be_one(inode(k), inode(i)) && !gone_.contains(inode(i))) continue;
    done_[k] = true;
    take(k);
    return;
  }
}

}  // namespace holdfast::harness
