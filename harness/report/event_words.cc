#include "harness/report/event_words.h"

#include <cmath>
#include <cstring>

#include "harness/report/figures.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

/// "renames", and "rename" in "fails to rename".
struct Verb {
  const char* does;
  const char* to_do;
};

Verb verb(FileOp op) {
  switch (op) {
    case FileOp::rename: return {"renames", "rename"};
    case FileOp::link: return {"links", "link"};
    case FileOp::unlink: return {"unlinks", "unlink"};
    case FileOp::open_create: return {"makes", "make"};
    case FileOp::open_read: return {"reads", "read"};
    case FileOp::mkdir: return {"makes the directory", "make the directory"};
    case FileOp::rmdir: return {"removes the directory", "remove the directory"};
    case FileOp::symlink: return {"makes the symlink", "make the symlink"};
    case FileOp::utime: return {"sets the times of", "set the times of"};
    case FileOp::stat: return {"looks at", "look at"};
    case FileOp::list: return {"lists", "list"};
    case FileOp::sync: return {"syncs", "sync"};
    case FileOp::none: break;
  }
  return {"works on", "work on"};
}

/// Which file the call was about, as far as it was seen. What a name led to just before or after a
/// call need not be what the call itself met.
std::string seen_inode(const Event& event) {
  if (event.value == 0) return {};
  const std::string inode = "inode " + std::to_string(event.value);
  switch (event.file) {
    case FileOp::rename:
    case FileOp::unlink:
    case FileOp::rmdir: return " (" + inode + " stood there just before)";
    case FileOp::link:
    case FileOp::open_create:
    case FileOp::mkdir:
    case FileOp::symlink: return " (" + inode + " stood there just after)";
    default: return " (" + inode + ")";
  }
}

/// Whether what comes of it depends on the clock of the one who does it.
bool minds_the_clock(FileOp op) {
  return op == FileOp::stat || op == FileOp::open_read || op == FileOp::list || op == FileOp::utime;
}

std::string with_token(std::uint64_t token) {
  return token == 0 ? "" : ", token " + std::to_string(token);
}

std::string ahead(std::int64_t ns) {
  return set_duration(ns < 0 ? -ns : ns) + (ns < 0 ? " back" : " ahead");
}

/// A fail that is not a file operation.
std::string refusal(const Event& event) {
  switch (static_cast<Why>(event.code)) {
    case Why::timeout: return "gives up: its patience has ended";
    case Why::lost:
      return event.op == Op::release ? "is told that another has or had the lock"
                                     : "is told that its lease is lost";
    case Why::cancelled: return "is cancelled";
    case Why::stale_token:
      return "is refused by the fence: token " + std::to_string(event.token) + " is stale";
    case Why::not_held: return "is told that it holds nothing";
    case Why::contender: return "is let down: the contender ended or broke the protocol";
    case Why::none:
    case Why::error: break;
  }
  return std::string("fails: ") + name(event.op) + " came back with an error";
}

const char* state_words(std::uint64_t state) {
  switch (static_cast<ProbedState>(state)) {
    case ProbedState::mine: return "held by it";
    case ProbedState::other: return "held by another";
    case ProbedState::free: return "free";
    case ProbedState::unknown: break;
  }
  return "unknown";
}

}  // namespace

const char* name(Op op) {
  switch (op) {
    case Op::worker: return "worker";
    case Op::acquire: return "acquire";
    case Op::refresh: return "refresh";
    case Op::release: return "release";
    case Op::told: return "told";
    case Op::update: return "update";
    case Op::raise: return "raise";
    case Op::publish: return "publish";
    case Op::probe: return "probe";
    case Op::file: return "file";
    case Op::enter: return "enter";
    case Op::leave: return "leave";
  }
  return "?";
}

const char* name(Phase phase) {
  switch (phase) {
    case Phase::invoke: return "invoke";
    case Phase::ok: return "ok";
    case Phase::fail: return "fail";
    case Phase::info: return "info";
  }
  return "?";
}

const char* name(Why why) {
  switch (why) {
    case Why::none: return "none";
    case Why::timeout: return "timeout";
    case Why::lost: return "lost";
    case Why::error: return "error";
    case Why::cancelled: return "cancelled";
    case Why::stale_token: return "stale_token";
    case Why::not_held: return "not_held";
    case Why::contender: return "contender_error";
  }
  return "?";
}

std::string name_of_errno(int code) {
  const char* known = ::strerrorname_np(code);
  return known != nullptr ? known : "errno " + std::to_string(code);
}

EventWords::EventWords(const History& history) : history_(history), clocks_(history.hosts.size()) {
  for (const Fault& fault : history.faults) {
    if (fault.kind == "clock" && fault.effective && fault.host < clocks_.size()) {
      clocks_[fault.host].push_back(&fault);
    }
  }
}

std::string EventWords::of(const Event& event) const {
  if (event.op == Op::file) return file(event);
  return event.phase == Phase::invoke ? call(event) : come_back(event);
}

std::int64_t EventWords::clock_ahead_ns(std::uint32_t host, std::int64_t at_ns) const {
  if (host >= clocks_.size()) return 0;
  // A clock stands as it was set last, whatever had been done to it before.
  const Fault* last = nullptr;
  for (const Fault* fault : clocks_[host]) {
    if (at_ns < fault->start_ns || at_ns >= fault->end_ns) continue;
    if (last == nullptr || fault->start_ns >= last->start_ns) last = fault;
  }
  if (last == nullptr) return 0;
  const double gained = (last->measured_rate - 1) * static_cast<double>(at_ns - last->start_ns);
  return last->measured_offset_ns + std::llround(gained);
}

std::string EventWords::call(const Event& event) const {
  switch (event.op) {
    case Op::worker: return "is ready";
    case Op::acquire:
      return event.until_ns == 0
                 ? "asks for the lock"
                 : "asks for the lock, for at most " + set_duration(event.until_ns - event.at_ns);
    case Op::refresh: return "asks to renew its lease";
    case Op::release: return "gives the lock back";
    case Op::update: return "begins to update the counter";
    case Op::raise:
      return "asks the fence to be raised to its token " + std::to_string(event.token);
    case Op::publish: return "asks the fence to publish under token " + std::to_string(event.token);
    case Op::probe: return "asks the lock for its state";
    case Op::enter: return "tells the controller that it is inside";
    case Op::leave: return "tells the controller that it is about to leave";
    case Op::told:
    case Op::file: break;
  }
  return std::string("begins: ") + name(event.op);
}

std::string EventWords::come_back(const Event& event) const {
  if (event.phase == Phase::info && (event.op == Op::enter || event.op == Op::leave)) {
    return "gets no answer of the controller";
  }
  if (event.phase == Phase::info) {
    return std::string("is not told whether its ") + name(event.op) + " took effect";
  }
  if (event.phase == Phase::fail) return refusal(event);
  switch (event.op) {
    case Op::worker: return "ends in order";
    case Op::acquire:
      return "granted" + with_token(event.token) +
             (event.until_ns == 0 ? "" : ", entitled until " + instant(event.until_ns) + " s");
    case Op::refresh:
      return "lease renewed" +
             (event.until_ns == 0 ? "" : ", entitled until " + instant(event.until_ns) + " s");
    case Op::release: return "has given it back";
    case Op::told: return "learns that its lease is lost or over";
    case Op::update: return "wrote " + std::to_string(event.value) + " to the counter";
    case Op::raise: return "the fence was raised to token " + std::to_string(event.token);
    case Op::publish: return "published under token " + std::to_string(event.token);
    case Op::probe: return std::string("is told that the lock is ") + state_words(event.value);
    case Op::enter: return "was inside at " + instant(event.until_ns) + " s by the controller";
    case Op::leave: return "was inside until " + instant(event.until_ns) + " s by the controller";
    case Op::file: break;
  }
  return std::string("comes back: ") + name(event.op);
}

std::string EventWords::file(const Event& event) const {
  const auto path = [&](std::uint32_t index) {
    return index == 0 ? std::string("the locks' directory") : readable(history_.names.at(index));
  };
  const bool failed = event.phase != Phase::ok;
  std::string words = failed ? std::string("fails to ") + verb(event.file).to_do
                             : std::string(verb(event.file).does);
  words += " " + path(event.name);
  if (event.other != 0) words += " to " + path(event.other);
  words += seen_inode(event);
  if (failed) words += ": " + name_of_errno(event.code);
  // What overlapped with a slow call need not have come before it.
  constexpr std::int64_t kWorthSaying = 1'000'000;
  if (event.at_ns - event.began_ns >= kWorthSaying) {
    words += ", by a call since " + instant(event.began_ns);
  }
  if (minds_the_clock(event.file)) {
    const std::int64_t ns = clock_ahead_ns(history_.workers.at(event.worker).host, event.at_ns);
    if (ns != 0) words += ", its own clock " + ahead(ns) + " by the `clock` fault";
  }
  return words;
}

std::string fault_words(const Fault& fault) {
  if (fault.kind == "kill") {
    return fault.at_operation.empty() ? "killed" : "killed " + readable(fault.at_operation);
  }
  if (fault.kind == "pause") return "stopped for " + human_duration(fault.measured_pause_ns);
  if (fault.kind != "clock") {  // of the emulated mount
    return readable(fault.kind) + (fault.at_operation.empty() ? "" : ": " + fault.at_operation);
  }
  std::string words = fault.measured_offset_ns == 0
                          ? "its clock set right"
                          : "its clock set " + ahead(fault.measured_offset_ns);
  const double percent = (fault.measured_rate - 1) * 100;
  if (std::abs(percent) >= 0.0005) {
    words += ", running " + with_decimals(std::abs(percent), 3) + " % too " +
             (percent < 0 ? "slow" : "fast");
  }
  return words;
}

std::string fault_target(const History& history, const Fault& fault) {
  if (fault.worker < history.workers.size()) return history.workers[fault.worker].name;
  if (!fault.worker_name.empty()) return fault.worker_name;
  if (fault.host < history.hosts.size()) return history.hosts[fault.host].name;
  return fault.target;
}

}  // namespace holdfast::harness
