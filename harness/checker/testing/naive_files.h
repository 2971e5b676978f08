// What the file operations of a history do to its locks, as the second judge reads them.
#pragma once

#include "harness/checker/testing/naive_history.h"

namespace holdfast::harness::naive {

/// What an operation is meant to do to the one name of its lock, whatever became of it.
enum class Does { nothing, takes, removes, looks, touches };
Does does(const NaiveHistory& it, std::size_t i);

/// A rename of one of its lock's states to another; and to one in which somebody holds it.
bool moves_state(const NaiveHistory& it, std::size_t i);
bool moves_to_held(const NaiveHistory& it, std::size_t i);

/// File operation i has succeeded; was done, or nobody can tell.
bool worked(const NaiveHistory& it, std::size_t i);
bool may_have_worked(const NaiveHistory& it, std::size_t i);
/// A rename was reported as failed, and what it was to make is used later with success.
bool was_applied(const NaiveHistory& it, std::size_t i);

/// The worker's file operations on the lock of that call, from its sending to its answer.
std::vector<std::size_t> files_of(const NaiveHistory& it, const Call& call);
/// The one by which it took the lock: the last that made its name, else the last that turned a
/// state into a held one; of those that succeeded (`ok`), or that did not.
std::optional<std::size_t> take_of(const NaiveHistory& it, const Call& call, Phase how);
/// A removal of the lock's one name, and the making that it has ended; nullopt: an older one.
struct Removal {
  std::size_t event = 0;
  std::optional<std::size_t> made;
};
/// What became of the lock's one name in the events from `first` to before `end`, and what had made
/// what is there in the end. A file is told by its inode, where that is known; who links back what
/// was moved aside has made nothing new.
struct Entries {
  std::vector<Removal> removals;
  std::optional<std::size_t> there;
};
Entries entries(const NaiveHistory& it, std::uint16_t lock, std::size_t end);
/// The last call of its worker that had begun when event i came: acquire, refresh, release; worker:
/// there was none.
std::pair<Op, Call> call_around(const NaiveHistory& it, std::size_t i);

}  // namespace holdfast::harness::naive
