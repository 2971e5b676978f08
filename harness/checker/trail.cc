#include "harness/checker/trail.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

namespace holdfast::harness {
namespace {

bool ends_with_component(std::string_view path, std::string_view name) {
  if (path == name) return true;
  return path.size() > name.size() && path.ends_with(name) &&
         path[path.size() - name.size() - 1] == '/';
}

bool removes(FileOp file) {
  return file == FileOp::rename || file == FileOp::unlink || file == FileOp::rmdir;
}

/// Replays makings and removals of one entry. See the header for why they can be out of order.
class Replay {
 public:
  Replay(const Trail& trail, std::vector<std::uint32_t> deeds, const std::vector<bool>& is_take)
      : trail_(trail), deeds_(std::move(deeds)), is_take_(is_take), done_(deeds_.size(), false) {}

  Trail::Entries run() {
    for (std::size_t i = 0; i < deeds_.size(); ++i) {
      if (done_[i]) continue;
      done_[i] = true;
      if (is_take_[i]) {
        take(i);
      } else {
        remove(i);
      }
    }
    return {std::move(removed_), present_};
  }

 private:
  const Event& event(std::size_t i) const { return trail_.did(deeds_[i]); }
  std::uint64_t inode(std::size_t i) const { return trail_.inode(deeds_[i]); }

  /// Unknown inodes are compatible with every other.
  bool may_be_one(std::uint64_t a, std::uint64_t b) const { return a == 0 || b == 0 || a == b; }

  void take(std::size_t i) {
    const std::uint64_t made = inode(i);
    if (present_ != kNone) {
      // Opening what is there is not making it.
      if (event(i).file == FileOp::open_create && made != 0 && made == trail_.inode(present_)) {
        return;
      }
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
  void remove_late(std::size_t i) {
    for (std::size_t k = i + 1; k < deeds_.size(); ++k) {
      if (is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
      if (!may_be_one(inode(k), trail_.inode(present_))) continue;
      done_[k] = true;
      remove(k);
      return;
    }
  }

  void remove(std::size_t i) {
    if (present_ == kNone && was_seen_) {
      take_early(i);
    }
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
  void take_early(std::size_t i) {
    for (std::size_t k = i + 1; k < deeds_.size(); ++k) {
      if (!is_take_[k] || done_[k] || event(k).began_ns >= event(i).at_ns) continue;
      if (!may_be_one(inode(k), inode(i))) continue;
      done_[k] = true;
      take(k);
      return;
    }
  }

  const Trail& trail_;
  std::vector<std::uint32_t> deeds_;
  const std::vector<bool>& is_take_;
  std::vector<bool> done_;
  std::uint32_t present_ = kNone;
  bool was_seen_ = false;  ///< before the first deed nobody knows whether the entry is there
  struct MovedAway {
    std::uint32_t take = kNone;
    std::uint32_t to = 0;  ///< its name there
  };
  std::map<std::uint64_t, MovedAway> moved_away_;  ///< by inode
  std::set<std::uint64_t> gone_;                   ///< inodes that were removed
  std::map<std::uint32_t, std::uint32_t> removed_;
};

}  // namespace

Trail::Trail(const History& history, const Terms& terms)
    : history_(history),
      files_(history.locks.size()),
      files_of_(history.workers.size()),
      unheard_of_(history.locks.size()) {
  for (const HostRecord& host : history.hosts) {
    in_order_ = in_order_ && (host.uncertainty_ns == 0 || history.hosts.size() == 1);
  }
  sees_looks_ = terms.in_process;
  const auto& events = history.events;
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    if (events[i].op != Op::file) continue;
    sees_looks_ = sees_looks_ || deed(events[i]) == Deed::looks;
    files_[events[i].lock].push_back(i);
    files_of_[events[i].worker].push_back(i);
  }
  find_misread(terms.in_process);
  find_unheard();
}

/// What a link that was reported as failed has made is its worker's own taking, as `worked` says.
void Trail::find_unheard() {
  requests_ = unheard_requests(history_);
  for (std::size_t request = 0; request < requests_.size(); ++request) {
    const Unheard& one = requests_[request];
    Event event;
    if (one.call != nullptr) event = *one.call;
    event.op = Op::file;
    event.phase = Phase::ok;
    event.file = one.file;
    event.began_ns = event.at_ns = one.at_ns;
    if (one.call == nullptr) event.worker = kNobody;
    for (std::uint16_t lock = 0; lock < history_.locks.size(); ++lock) {
      if (one.call != nullptr && lock != one.call->lock) continue;
      const Deed found = deed(one.file, one.name, one.other, lock);
      if (found != Deed::takes && found != Deed::removes) continue;
      const bool own = one.file == FileOp::link && !one.repeated() &&
                       one.call->phase == Phase::fail && found == Deed::takes;
      if (own && applied_.emplace(index_of(one), request).second) break;
      event.lock = lock;
      if (found == Deed::removes) event.value = 0;  // whatever was there
      unheard_of_[lock].push_back(
          static_cast<std::uint32_t>(history_.events.size() + unheard_.size()));
      unheard_.push_back({event, request});
      break;
    }
  }
}

std::uint32_t Trail::recorded(std::uint32_t deed) const {
  const Unheard* const request = deed == kNone ? nullptr : unheard(deed);
  if (request == nullptr) return deed;
  return request->call == nullptr ? kNone : index_of(*request);
}

std::uint32_t Trail::index_of(const Unheard& request) const {
  return static_cast<std::uint32_t>(request.call - history_.events.data());
}

const Unheard* Trail::request_of(std::uint32_t deed) const {
  const auto applied = applied_.find(deed);
  return applied == applied_.end() ? unheard(deed) : &requests_[applied->second];
}

const Unheard* Trail::removed_unheard(std::uint16_t lock, const Span& span) const {
  for (const std::uint32_t deed : unheard_of_[lock]) {
    const Event& event = did(deed);
    if (event.at_ns < span.from_ns || event.at_ns > span.until_ns) continue;
    if (removes(event.file)) return unheard(deed);
  }
  return nullptr;
}

/// Two makings of one name that overlap and show one inode: both looks found the file of the later
/// one. The recorder that is preloaded into programs asks the opened file itself, which cannot be
/// another's.
void Trail::find_misread(bool in_process) {
  for (const auto& files : files_) {
    std::map<std::uint64_t, std::uint32_t> latest;  // making of an entry, by its inode
    for (const std::uint32_t i : files) {
      const Event& made = history_.events[i];
      const bool looked_up = made.file == FileOp::mkdir || made.file == FileOp::symlink ||
                             (made.file == FileOp::open_create && in_process);
      if (!looked_up || made.phase != Phase::ok || made.value == 0) continue;
      if (deed(made) != Deed::takes) continue;
      const auto [before, first] = latest.try_emplace(made.value, i);
      if (first) continue;
      if (made.began_ns < history_.events[before->second].at_ns) {
        misread_.insert({before->second, i});
      }
      before->second = i;
    }
  }
}

Trail::Kind Trail::kind(std::uint32_t name, std::uint16_t lock) const {
  return name == 0 ? Kind::other : kind(history_.names[name], lock);
}

Trail::Kind Trail::kind(std::string_view path, std::uint16_t lock) const {
  const std::string_view own = history_.locks[lock];
  if (ends_with_component(path, own)) return Kind::entry;
  const std::size_t slash = path.rfind('/');
  const std::string_view file = slash == path.npos ? path : path.substr(slash + 1);
  if (slash != path.npos && !ends_with_component(path.substr(0, slash), own)) return Kind::other;
  if (file.starts_with("held,")) return Kind::held;
  return file.starts_with("free,") ? Kind::free : Kind::other;
}

const std::vector<std::uint32_t>& Trail::files_of(std::uint32_t worker) const {
  return files_of_[worker];
}

bool Trail::is_held_state(std::uint32_t name, std::uint16_t lock) const {
  return kind(name, lock) == Kind::held;
}

Deed Trail::deed(const Event& event) const {
  return deed(event.file, history_.names[event.name], history_.names[event.other], event.lock);
}

Deed Trail::deed(FileOp file, std::string_view name, std::string_view other,
                 std::uint16_t lock) const {
  switch (file) {
    case FileOp::link: return kind(other, lock) == Kind::entry ? Deed::takes : Deed::nothing;
    case FileOp::open_create:
    case FileOp::mkdir:
    case FileOp::symlink: return kind(name, lock) == Kind::entry ? Deed::takes : Deed::nothing;
    case FileOp::unlink:
    case FileOp::rmdir:
    case FileOp::rename: return kind(name, lock) == Kind::entry ? Deed::removes : Deed::nothing;
    case FileOp::stat:
    case FileOp::open_read: return kind(name, lock) == Kind::entry ? Deed::looks : Deed::nothing;
    case FileOp::utime: return kind(name, lock) == Kind::entry ? Deed::touches : Deed::nothing;
    default: return Deed::nothing;
  }
}

bool Trail::may_have_worked(const Event& event) {
  return event.phase != Phase::fail || event.code == EIO || event.code == ETIMEDOUT ||
         event.code == ESTALE || event.code == ENOENT;
}

bool Trail::is_transition(const Event& event) const {
  if (event.file != FileOp::rename) return false;
  const auto is_state = [&](std::uint32_t name) {
    const Kind found = kind(name, event.lock);
    return found == Kind::held || found == Kind::free;
  };
  return is_state(event.name) && is_state(event.other);
}

std::vector<std::uint32_t> Trail::within(std::uint16_t lock, std::uint32_t first,
                                         std::uint32_t last) const {
  const auto& all = files_[lock];
  const auto from = std::lower_bound(all.begin(), all.end(), first);
  return {from, std::upper_bound(from, all.end(), last)};
}

Trail::Call Trail::call_of(std::uint32_t event) const {
  const auto& events = history_.events;
  const std::uint32_t worker = events[event].worker;
  Call call;
  std::uint32_t asked = 0;
  std::int64_t until_ns = kNever;  // when the next call began
  for (std::uint32_t i = event; i-- > 0;) {
    const bool asks =
        events[i].phase == Phase::invoke &&
        (events[i].op == Op::acquire || events[i].op == Op::release || events[i].op == Op::refresh);
    if (!asks || events[i].worker != worker) continue;
    if (events[i].at_ns <= events[event].began_ns) {
      call.op = events[i].op;
      asked = i;
      break;
    }
    until_ns = events[i].at_ns;
  }
  const auto& all = files_of_[worker];
  const std::int64_t from_ns = call.op == Op::worker ? -kNever : events[asked].at_ns;
  for (auto at = std::ranges::lower_bound(all, asked); at != all.end() && *at <= event; ++at) {
    const std::int64_t began_ns = events[*at].began_ns;
    if (*at == event || (from_ns <= began_ns && began_ns < until_ns)) call.files.push_back(*at);
  }
  return call;
}

std::uint32_t Trail::last_take(const Attempt& attempt, bool succeeded) const {
  const auto& events = history_.events;
  const auto& all = files_of_[attempt.worker];
  const auto first = std::lower_bound(all.begin(), all.end(), attempt.invoke);
  const auto last =
      attempt.back == kNone ? all.end() : std::upper_bound(first, all.end(), attempt.back);
  std::uint32_t state = kNone;
  for (auto at = last; at != first;) {
    const Event& event = events[*--at];
    if (event.lock != attempt.lock || worked(*at) != succeeded) continue;
    if (deed(event) == Deed::takes) return *at;
    if (state == kNone && is_transition(event) && is_held_state(event.other, event.lock)) {
      state = *at;
    }
  }
  return state;
}

std::uint32_t Trail::take_of(const Attempt& attempt) const { return last_take(attempt, true); }

std::uint32_t Trail::failed_take_of(const Attempt& attempt) const {
  return last_take(attempt, false);
}

bool Trail::gives_back(std::uint32_t removal) const {
  const auto& events = history_.events;
  const Call call = call_of(removal);
  return call.op == Op::release || std::ranges::any_of(call.files, [&](std::uint32_t i) {
           return i < removal && worked(i) && events[i].lock == events[removal].lock &&
                  deed(events[i]) == Deed::takes;
         });
}

std::uint32_t Trail::taken_before(std::uint32_t removal) const {
  const auto& events = history_.events;
  std::uint32_t last = kNone;
  for (const std::uint32_t i : files_of_[events[removal].worker]) {
    if (i >= removal) break;
    if (events[i].lock == events[removal].lock && worked(i) && deed(events[i]) == Deed::takes) {
      last = i;
    }
  }
  return last;
}

std::uint32_t Trail::under_way_since(std::uint16_t lock, std::uint32_t first,
                                     std::uint32_t last) const {
  std::int64_t began_ns = kNever;
  for (const std::uint32_t i : within(lock, first, last)) {
    const Event& event = history_.events[i];
    if (worked(i) && deed(event) == Deed::removes) began_ns = std::min(began_ns, event.began_ns);
  }
  const auto at = std::ranges::lower_bound(history_.events, began_ns, {}, &Event::at_ns);
  return std::min(first, static_cast<std::uint32_t>(at - history_.events.begin()));
}

Trail::Entries Trail::entries(std::uint16_t lock, std::uint32_t first, std::uint32_t last) const {
  first = under_way_since(lock, first, last);
  std::vector<std::uint32_t> deeds;
  for (const std::uint32_t i : within(lock, first, last)) {
    const Deed found = worked(i) ? deed(history_.events[i]) : Deed::nothing;
    if (found == Deed::takes || found == Deed::removes) deeds.push_back(i);
  }
  const auto& events = history_.events;
  for (const std::uint32_t i : unheard_of_[lock]) {
    const bool before = first < events.size() && did(i).at_ns < events[first].at_ns;
    const bool after = last < events.size() && did(i).at_ns > events[last].at_ns;
    if (!before && !after) deeds.push_back(i);
  }
  // What was carried out and reported as failed was known to nobody until much later.
  std::ranges::stable_sort(deeds, {}, [this](std::uint32_t i) {
    const auto applied = applied_.find(i);
    return applied == applied_.end() ? did(i).at_ns : requests_[applied->second].at_ns;
  });
  std::vector<bool> is_take;
  for (const std::uint32_t i : deeds) is_take.push_back(!removes(did(i).file));
  return Replay(*this, std::move(deeds), is_take).run();
}

}  // namespace holdfast::harness
