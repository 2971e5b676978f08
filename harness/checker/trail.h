// The recorded file operations of the locks, and what they say of who held what.
//
// Two families of locks leave two kinds of trail. With a *named entry* (link, O_EXCL, mkdir,
// symlink) the lock is one name: making it takes the lock, removing it frees the lock, and which
// file stands there matters, since names recur and inode numbers do, too. With *states* (baton)
// every name is used once and a rename of it is the whole transition.
//
// Calls of different processes overlap, and a call is recorded a little after it took effect; so
// the order of a removal and the making that follows it can be recorded the wrong way round. What
// cannot both be true is put right (entries.h): a name is made only when it is not there. And where
// the inode of what was made is looked up by its name afterwards, another's may stand there by
// then.
//
// A *deed* is a file operation that made or removed a lock's entry: a number, which is that of its
// event, or beyond all events that of a request that the server carried out unheard (unheard.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "harness/checker/holds.h"
#include "harness/checker/unheard.h"

namespace holdfast::harness {

/// What a file operation does to a lock.
enum class Deed : std::uint8_t {
  nothing,
  takes,    ///< makes the lock's entry
  removes,  ///< removes the lock's entry, or moves it away
  looks,    ///< stat, read
  touches,  ///< utime: a breaker's first act, or a holder's renewal
};

class Entries;

class Trail {
 public:
  Trail(const History& history, const Terms& terms);

  /// Whether the file operations of this worker would be here, had it done any.
  bool knows(std::uint32_t worker) const { return history_.workers[worker].records_files; }

  /// Whether looks at a lock are among what is recorded. Of a program that is so only if one is: a
  /// system call that does not go through the C library's functions leaves no record.
  bool sees_looks() const { return sees_looks_; }

  /// Whether operations of different hosts are surely in the order in which they happened.
  bool in_order() const { return in_order_; }

  /// Whether this name is a state of the lock in which somebody holds it.
  bool is_held_state(std::uint32_t name, std::uint16_t lock) const;

  /// What this event, whatever its outcome, was meant to do to its lock's entry.
  Deed deed(const Event& event) const;
  /// A deed: its event, or what would be recorded of a request that nobody has heard of. Of that
  /// it is the instant at which it was carried out, by its sender (kNobody: not known).
  const Event& did(std::uint32_t deed) const {
    const std::size_t recorded = history_.events.size();
    return deed < recorded ? history_.events[deed] : unheard_[deed - recorded].event;
  }
  /// Of a deed: the request that nobody has heard of; nullptr: it is recorded.
  const Unheard* unheard(std::uint32_t deed) const {
    const std::size_t recorded = history_.events.size();
    return deed < recorded ? nullptr : &requests_[unheard_[deed - recorded].request];
  }
  /// The same, or that of a link that was reported as failed and was carried out.
  const Unheard* request_of(std::uint32_t deed) const;
  /// The event of its call, which is recorded.
  std::uint32_t index_of(const Unheard& request) const;
  /// The recorded event that this deed goes back to; kNone: there is none.
  std::uint32_t recorded(std::uint32_t deed) const;
  /// What was carried out unheard, of whatever name, in order.
  std::span<const Unheard> requests() const { return requests_; }
  /// Those among it that made or removed this lock's entry, as deeds, in order.
  const std::vector<std::uint32_t>& unheard_of(std::uint16_t lock) const {
    return unheard_of_[lock];
  }
  /// The first one among these that removed it within this span; nullptr: there is none.
  const Unheard* removed_unheard(std::uint16_t lock, const Span& span) const;
  /// The inode that this deed was about; 0: it is not known, or not to be believed.
  std::uint64_t inode(std::uint32_t deed) const {
    return misread_.contains(deed) ? 0 : did(deed).value;
  }
  /// Whether this file operation took effect: it was answered so, or it is a link that was sent
  /// again and found its own work, as the log of an emulated mount tells. By the link count of what
  /// it linked its process knows that it has the lock; other makings have nothing of that kind.
  bool worked(std::uint32_t event) const {
    return history_.events[event].phase == Phase::ok || applied_.contains(event);
  }
  /// Whether this file operation may have taken effect, whatever came back: it was done, its
  /// process did not survive it, its outcome is unknown, or the server's answer is that of a second
  /// sending that found the first one's work.
  static bool may_have_worked(const Event& event);
  /// A rename that was meant to turn one of its lock's states into another.
  bool is_transition(const Event& event) const;

  /// All file operations of this worker.
  const std::vector<std::uint32_t>& files_of(std::uint32_t worker) const;
  /// File operations on this lock that were recorded within `first`..`last` (events).
  std::vector<std::uint32_t> within(std::uint16_t lock, std::uint32_t first,
                                    std::uint32_t last) const;
  /// The call of this worker in which the file operation `event` was begun, and that call's file
  /// operations up to `event`. What is begun between two calls is the doing of the earlier one, and
  /// what is still under way when the next one begins stays the doing of the one that began it.
  struct Call {
    Op op = Op::worker;  ///< acquire, refresh or release; worker: there was none yet
    std::vector<std::uint32_t> files;
  };
  Call call_of(std::uint32_t event) const;

  /// Whether this removal, an event, gives back what its worker had taken: in a release, or in a
  /// call in which it had taken the lock before.
  bool gives_back(std::uint32_t removal) const;
  /// The last time that the worker of this removal, an event, had itself taken its lock before;
  /// kNone: it never had.
  std::uint32_t taken_before(std::uint32_t removal) const;

  /// The file operation by which this attempt took the lock: the last one that made its entry, else
  /// the last that turned a state into a held one; kNone if there was none.
  std::uint32_t take_of(const Attempt& attempt) const;
  /// The same of those that were reported as failed, or whose outcome was unknown.
  std::uint32_t failed_take_of(const Attempt& attempt) const;

  struct Removed {
    std::uint32_t take = kNone;  ///< a deed; kNone: one from before
    bool sure = true;  ///< false: it, or another that overlaps it and the making of the next entry
  };
  /// By deed, of all successful removals of the lock's one name: whose entry it removed. Found at
  /// the first question.
  using Removals = std::map<std::uint32_t, Removed>;
  const Removals& removals(std::uint16_t lock) const;
  /// The take, a deed, whose entry is there when all up to the event `last` is done; kNone: none.
  std::uint32_t standing(std::uint16_t lock, std::uint32_t last) const;

 private:
  enum class Kind : std::uint8_t { other, entry, held, free };
  Kind kind(std::uint32_t name, std::uint16_t lock) const;
  Kind kind(std::string_view path, std::uint16_t lock) const;
  Deed deed(FileOp file, std::string_view name, std::string_view other, std::uint16_t lock) const;
  std::uint32_t last_take(const Attempt& attempt, bool succeeded) const;
  Entries entries(std::uint16_t lock, std::uint32_t last) const;
  void find_misread(bool in_process);
  void find_unheard();

  struct UnheardDeed {
    Event event;
    std::size_t request = 0;  ///< in `requests_`
  };

  const History& history_;
  bool in_order_ = true;
  bool sees_looks_ = false;
  std::vector<std::vector<std::uint32_t>> files_;     ///< by lock: events of file operations
  std::vector<std::vector<std::uint32_t>> files_of_;  ///< the same by worker
  std::set<std::uint32_t> misread_;                   ///< makings whose inode may be the next one's
  std::vector<Unheard> requests_;
  std::vector<UnheardDeed> unheard_;
  std::vector<std::vector<std::uint32_t>> unheard_of_;     ///< by lock
  mutable std::vector<std::optional<Removals>> removals_;  ///< by lock
  /// Links that were reported as failed and were carried out: the request, in `requests_`.
  std::map<std::uint32_t, std::size_t> applied_;
};

}  // namespace holdfast::harness
