#include "harness/checker/trail.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "harness/checker/entries.h"

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

}  // namespace

Trail::Trail(const History& history, const Terms& terms)
    : history_(history),
      files_(history.locks.size()),
      files_of_(history.workers.size()),
      unheard_of_(history.locks.size()),
      removals_(history.locks.size()) {
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
  if (path.find("//") != path.npos) return Kind::other;  // one of several names
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

const Trail::Removals& Trail::removals(std::uint16_t lock) const {
  std::optional<Removals>& known = removals_[lock];
  if (!known) known = entries(lock, kNone - 1).removals();
  return *known;
}

std::uint32_t Trail::standing(std::uint16_t lock, std::uint32_t last) const {
  return entries(lock, last).standing();
}

Entries Trail::entries(std::uint16_t lock, std::uint32_t last) const {
  std::vector<std::uint32_t> deeds;
  for (const std::uint32_t i : within(lock, 0, last)) {
    const Deed found = worked(i) ? deed(history_.events[i]) : Deed::nothing;
    if (found == Deed::takes || found == Deed::removes) deeds.push_back(i);
  }
  const auto& events = history_.events;
  for (const std::uint32_t i : unheard_of_[lock]) {
    if (last >= events.size() || did(i).at_ns <= events[last].at_ns) deeds.push_back(i);
  }
  // What was carried out and reported as failed was known to nobody until much later.
  std::ranges::stable_sort(deeds, {}, [this](std::uint32_t i) {
    const auto applied = applied_.find(i);
    return applied == applied_.end() ? did(i).at_ns : requests_[applied->second].at_ns;
  });
  std::vector<bool> is_take;
  for (const std::uint32_t i : deeds) is_take.push_back(!removes(did(i).file));
  return Entries(*this, std::move(deeds), std::move(is_take));
}

}  // namespace holdfast::harness
