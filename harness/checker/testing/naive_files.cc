#include "harness/checker/testing/naive_files.h"

#include <cerrno>
#include <set>
#include <string>

namespace holdfast::harness::naive {
namespace {

/// Whether this name is the lock itself, or one of its states.
bool is_lock(const NaiveHistory& it, std::uint32_t name, std::uint16_t lock) {
  return name != 0 && it.history().names[name] == it.history().locks[lock];
}
bool is_state(const NaiveHistory& it, std::uint32_t name, std::uint16_t lock, const char* kind) {
  return name != 0 && it.history().names[name].starts_with(it.history().locks[lock] + kind);
}

}  // namespace

Does does(const NaiveHistory& it, std::size_t i) {
  const Event& event = it.events()[i];
  const bool first = is_lock(it, event.name, event.lock);
  const bool second = is_lock(it, event.other, event.lock);
  switch (event.file) {
    case FileOp::link: return second ? Does::takes : Does::nothing;
    case FileOp::open_create:
    case FileOp::mkdir:
    case FileOp::symlink: return first ? Does::takes : Does::nothing;
    case FileOp::unlink:
    case FileOp::rmdir:
    case FileOp::rename: return first ? Does::removes : Does::nothing;
    case FileOp::stat:
    case FileOp::open_read: return first ? Does::looks : Does::nothing;
    case FileOp::utime: return first ? Does::touches : Does::nothing;
    default: return Does::nothing;
  }
}

bool moves_to_held(const NaiveHistory& it, std::size_t i) {
  const Event& event = it.events()[i];
  return moves_state(it, i) && is_state(it, event.other, event.lock, "/held,");
}

bool moves_state(const NaiveHistory& it, std::size_t i) {
  const Event& event = it.events()[i];
  if (event.op != Op::file || event.file != FileOp::rename) return false;
  const bool from = is_state(it, event.name, event.lock, "/held,") ||
                    is_state(it, event.name, event.lock, "/free,");
  const bool to = is_state(it, event.other, event.lock, "/held,") ||
                  is_state(it, event.other, event.lock, "/free,");
  return from && to;
}

bool worked(const NaiveHistory& it, std::size_t i) { return it.is(i, Op::file, Phase::ok); }

bool may_have_worked(const NaiveHistory& it, std::size_t i) {
  const Event& event = it.events()[i];
  return event.phase != Phase::fail || event.code == EIO || event.code == ETIMEDOUT ||
         event.code == ESTALE || event.code == ENOENT;
}

bool was_applied(const NaiveHistory& it, std::size_t i) {
  const Event& event = it.events()[i];
  if (event.file != FileOp::rename) return false;
  for (std::size_t k = i + 1; k < it.events().size(); ++k) {
    if (worked(it, k) && it.events()[k].lock == event.lock && it.events()[k].name == event.other) {
      return true;
    }
  }
  return false;
}

std::vector<std::size_t> files_of(const NaiveHistory& it, const Call& call) {
  std::vector<std::size_t> found;
  const Event& asked = it.events()[call.invoke];
  for (std::size_t i = call.invoke; i < call.back.value_or(it.events().size()); ++i) {
    const Event& event = it.events()[i];
    const bool own = event.worker == asked.worker && event.lock == asked.lock;
    if (own && event.op == Op::file) found.push_back(i);
  }
  return found;
}

std::optional<std::size_t> take_of(const NaiveHistory& it, const Call& call, Phase how) {
  std::optional<std::size_t> name, state;
  for (const std::size_t i : files_of(it, call)) {
    if (worked(it, i) != (how == Phase::ok)) continue;
    if (does(it, i) == Does::takes) name = i;
    if (moves_to_held(it, i)) state = i;
  }
  return name ? name : state;
}

Entries entries(const NaiveHistory& it, std::uint16_t lock, std::size_t end) {
  const auto& events = it.events();
  std::vector<Removal> found;
  std::optional<std::size_t> there;
  struct Aside {
    std::size_t event = 0;
    std::uint64_t inode = 0;
    std::optional<std::size_t> made;  // by which event
  };
  std::vector<Aside> aside;  // what was moved away
  std::set<std::uint64_t> gone;
  for (std::size_t i = 0; i < end; ++i) {
    if (events[i].lock != lock || !worked(it, i)) continue;
    const std::uint64_t inode = events[i].value;
    if (does(it, i) == Does::takes) {
      const bool opened = events[i].file == FileOp::open_create && inode != 0;
      if (opened && there && events[*there].value == inode) continue;
      gone.erase(inode);
      there = i;
      for (const Aside& away : aside) {
        const bool same = inode != 0 && away.inode == inode;
        const bool from_there = events[i].name == events[away.event].other;
        if (events[i].file == FileOp::link && same && from_there) there = away.made;
      }
    } else if (does(it, i) == Does::removes) {
      const std::uint64_t stood = there ? events[*there].value : 0;
      const bool was_gone = there && inode != 0 && gone.contains(inode);
      const std::uint64_t ended = was_gone ? stood : inode;
      const bool may_be_it = there && (ended == 0 || stood == 0 || stood == ended);
      found.push_back({i, may_be_it ? there : std::nullopt});
      if (ended != 0) gone.insert(ended);
      if (!may_be_it) continue;
      if (events[i].file == FileOp::rename) aside.push_back({i, ended, there});
      there.reset();
    }
  }
  return {found, there};
}

std::pair<Op, Call> call_around(const NaiveHistory& it, std::size_t i) {
  for (std::size_t k = i; k-- > 0;) {
    const Event& event = it.events()[k];
    const bool calls =
        event.op == Op::acquire || event.op == Op::refresh || event.op == Op::release;
    if (event.worker != it.events()[i].worker || !calls) continue;
    if (event.phase == Phase::invoke) return {event.op, {k, it.answer(k)}};
  }
  return {Op::worker, {i, i}};
}

}  // namespace holdfast::harness::naive
