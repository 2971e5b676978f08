#include "harness/sharedmount/wire.h"

#include <fcntl.h>
#include <string.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;
using Clock = std::chrono::steady_clock;

/// Why it made no difference that a request was carried out twice; empty: it did make one.
std::string same_failure(int first, int second) {
  return first != 0 && first == second ? "it failed both times in the same way" : "";
}

/// The last fault of this kind that hit it; number 0: none did.
Fate::Hit last_of(const Fate& fate, Kind kind) {
  Fate::Hit by{};
  for (const Fate::Hit& hit : fate.hits) by = hit.kind == kind ? hit : by;
  return by;
}

Hit hit_of(const Fate::Hit& by, const std::string& host, const std::string& what, Instant sent) {
  Hit hit;
  hit.fault = by.fault;
  hit.kind = by.kind;
  hit.host = host;
  hit.what = what;
  hit.lasted = Clock::now() - sent;
  return hit;
}

}  // namespace

const std::string& kind_of(const Hit& hit) {
  return hit.as.empty() ? mount_fault_kinds()[static_cast<std::size_t>(hit.kind)] : hit.as;
}

std::string outcome(int error) {
  if (error == 0) return "done";
  const char* const name = ::strerrorname_np(error);
  return name == nullptr ? "error " + std::to_string(error) : name;
}

Wire::Wire(boost::asio::io_context& context, Store& store, WireOptions options)
    : context_(context),
      store_(store),
      options_(std::move(options)),
      rules_(options_.seed, options_.hosts),
      killed_timer_(context) {}

Nanoseconds Wire::since_start() const { return started_ ? Clock::now() - start_ : Nanoseconds{}; }

void Wire::send(Request request, Answer answer, Abandoned abandoned) {
  if (closed_) {
    Reply none;
    none.error = EIO;
    return answer(none);
  }
  if (!started_ || (rules_.empty() && outages_.empty() && waiting_.empty() && !doom_)) {
    return answer(store_.execute(request));
  }
  auto call = std::make_shared<Call>();
  call->about = paths(request);
  call->fate = rules_.decide(request, call->about, since_start());
  call->request = std::move(request);
  call->answer = std::move(answer);
  call->abandoned = std::move(abandoned);
  call->sent = Clock::now();
  open_.insert(call);
  depart(call);
  if (call->answered) return;
  arm_patience(call);
  watch_for_killed();
}

void Wire::depart(const CallPtr& call) {
  const Fate& fate = call->fate;
  const Step go_on = [this, call] { arrive(call); };
  if (fate.hangs) {
    log(call, Kind::hang, "does not arrive");
    call->held_by = last_of(fate, Kind::hang);
    waiting_.push_back({call, go_on, 0, call->held_by.fault});
    if (fate.hangs_for > Nanoseconds{}) {
      after(fate.hangs_for, [this, call] {
        release([&](const Waiting& one) { return one.call == call && one.fault != 0; });
      });
    }
  } else if (fate.delay > Nanoseconds{}) {
    call->held_by = last_of(fate, Kind::delay);
    after(fate.delay, go_on);
  } else if (fate.overtaken_by > 0) {
    call->held_by = last_of(fate, Kind::reorder);
    waiting_.push_back({call, go_on, fate.overtaken_by, 0});
    after(fate.overtaken_for, [this, call] {
      release([&](const Waiting& one) { return one.call == call && one.overtaken_by > 0; });
    });
  } else {
    arrive(call);
  }
}

void Wire::arrive(const CallPtr& call) {
  call->held_by = {};
  if (held_up(call, true, [this, call] { arrive(call); })) return;
  const Fate& fate = call->fate;
  if (fate.error != 0 && fate.applied != MountFault::Applied::yes) {
    Reply failed;
    failed.error = fate.error;
    if (fate.applied == MountFault::Applied::no) {
      log(call, Kind::error, outcome(fate.error) + ", not carried out");
    } else {
      after(fate.applied_after, [this, call] {
        const int later = execute(call->request).error;
        log(call, Kind::error,
            outcome(call->fate.error) + ", carried out later: " + outcome(later));
      });
    }
    return answer(call, failed);
  }
  const Reply reply = execute(call->request);
  if (doom_ && reply.error == 0 && is_change(call->request.action)) crash();
  reply_to(call, reply);
}

void Wire::reply_to(const CallPtr& call, Reply reply) {
  const Fate& fate = call->fate;
  if (fate.delay > Nanoseconds{}) log(call, Kind::delay, outcome(reply.error));
  if (fate.overtaken_by > 0) {
    log(call, Kind::reorder, outcome(reply.error),
        call->overtaken ? "" : "too few other requests came in time");
  }
  if (fate.hangs) {
    log_held(call, last_of(fate, Kind::hang), "late_arrival", outcome(reply.error));
  }
  const Reply first = reply;
  if (fate.error != 0) {
    log(call, Kind::error, outcome(fate.error) + ", carried out: " + outcome(first.error));
    reply = {};
    reply.error = fate.error;
  }
  if (fate.reply_lost) {
    call->held_by = last_of(fate, Kind::lost_reply);
    return after(fate.sent_again, [this, call, first] { arrive_again(call, first); });
  }
  if (held_up(call, false, [this, call, first] { arrive_again(call, first); })) return;
  if (fate.duplicated) {
    after(fate.duplicated_after, [this, call, first] {
      const int second = execute_again(call->request, first).error;
      log(call, Kind::duplicate, outcome(first.error) + ", once more: " + outcome(second),
          same_failure(first.error, second));
    });
  }
  answer(call, reply);
}

void Wire::arrive_again(const CallPtr& call, const Reply& first) {
  call->held_by = {};
  if (call->given_up) return;  // who has given up sends nothing again
  const Step again = [this, call, first] { arrive_again(call, first); };
  if (held_up(call, true, again) || held_up(call, false, again)) return;
  const Reply second = execute_again(call->request, first);
  log(call, Kind::lost_reply, outcome(first.error) + ", then " + outcome(second.error),
      same_failure(first.error, second.error));
  answer(call, second);
}

void Wire::answer(const CallPtr& call, const Reply& reply) {
  if (call->answered) return;
  call->answered = true;
  open_.erase(call);
  call->answer(reply);
  call->answer = nullptr;
  call->abandoned = nullptr;
}

Reply Wire::execute(const Request& request) {
  if (closed_) {
    Reply none;
    none.error = EIO;
    return none;
  }
  Reply reply = store_.execute(request);
  let_overtaken_go();
  return reply;
}

Reply Wire::execute_again(const Request& request, const Reply& first) {
  Reply again = execute(request);
  const bool exclusive = request.action == Action::create && (request.flags & O_EXCL) != 0;
  const bool knows = exclusive && first.error == 0 && store_.manners().exclusive_by_verifier;
  if (!knows || again.error != EEXIST) return again;
  // Its verifier is in the file that it made, and in no other that has the name by now. That file
  // is still open in `first`, so no other can have got its number.
  Request look;
  look.action = Action::lookup;
  look.host = request.host;
  look.caller = request.caller;
  look.node = request.node;
  look.name = request.name;
  const Reply there = execute(look);
  if (there.error != 0 || there.status.st_ino != first.status.st_ino) return again;
  Request known = request;
  known.flags &= ~O_EXCL;
  return execute(known);
}

void Wire::after(Nanoseconds delay, Step step) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_, delay);
  timer->async_wait([timer, step = std::move(step)](const boost::system::error_code& error) {
    if (!error) step();
  });
}

const Wire::Outage* Wire::outage(std::uint32_t host, bool request) const {
  for (const Outage& one : outages_) {
    if ((one.all || one.host == host) && (request ? one.requests : one.replies)) return &one;
  }
  return nullptr;
}

bool Wire::held_up(const CallPtr& call, bool request, const Step& go_on) {
  const Outage* const by = outage(call->request.host, request);
  if (by == nullptr) return false;
  const Kind kind = timed_.at(by->fault).fault.kind;
  call->held_by = {by->fault, kind};
  const auto& hits = call->fate.hits;
  const bool lost = std::any_of(hits.begin(), hits.end(), [](const Fate::Hit& hit) {
    return hit.kind == Kind::lost_reply;  // however many keep it back, one reply is lost
  });
  if (!request && !lost) call->fate.hits.push_back({by->fault, Kind::lost_reply});
  // Who has given up when the way is free again sends nothing any more, and a server that crashed
  // knows nothing of what stood before it; what stood before one that was paused is carried out.
  const bool cut_off = kind == Kind::partition;
  const bool crashed = kind == Kind::server_crash;
  waiting_.push_back({call,
                      [call, go_on, cut_off, crashed] {
                        const bool gone =
                            (cut_off && call->given_up) || (crashed && call->answered);
                        if (!gone) go_on();
                      },
                      0, 0});
  return true;
}

void Wire::release(const std::function<bool(const Waiting&)>& which) {
  std::list<Waiting> free;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto one = at++;
    if (which(*one)) free.splice(free.end(), waiting_, one);
  }
  for (const Waiting& one : free) one.go_on();
}

void Wire::let_overtaken_go() {
  bool any = false;
  for (Waiting& one : waiting_) {
    if (one.overtaken_by > 1) {
      --one.overtaken_by;
    } else if (one.overtaken_by == 1) {
      any = one.call->overtaken = true;
    }
  }
  if (!any) return;
  // Not from within the one that overtakes.
  after(Nanoseconds{}, [this] {
    release([](const Waiting& one) { return one.call->overtaken && one.overtaken_by > 0; });
  });
}

void Wire::arm_patience(const CallPtr& call) {
  const auto patience = store_.manners().gives_up;
  if (!patience) return;
  after(*patience, [this, call] {
    if (call->answered) return;
    call->given_up = true;
    log_held(call, call->held_by, "given_up", "EIO");
    Reply failed;
    failed.error = EIO;
    answer(call, failed);
  });
}

void Wire::watch_for_killed() {
  if (watching_) return;
  watching_ = true;
  killed_timer_.expires_after(std::chrono::milliseconds(20));
  killed_timer_.async_wait([this](const boost::system::error_code& error) {
    watching_ = false;
    if (error) return;
    Reply interrupted;
    interrupted.error = EINTR;
    for (const CallPtr& call : std::vector<CallPtr>(open_.begin(), open_.end())) {
      // Its request goes its way all the same.
      if (!call->answered && call->abandoned()) answer(call, interrupted);
    }
    if (!open_.empty()) watch_for_killed();
  });
}

void Wire::log_held(const CallPtr& call, const Fate::Hit& by, const std::string& as,
                    const std::string& became) {
  if (!options_.log || by.fault == 0) return;
  const std::string what = words(call->request, call->about) + ": " + became;
  Hit hit = hit_of(by, options_.hosts[call->request.host], what, call->sent);
  hit.as = as;
  options_.log(hit);
}

void Wire::log(const CallPtr& call, Kind kind, const std::string& became,
               const std::string& why_not) {
  if (!options_.log) return;
  const std::string what = words(call->request, call->about) + ": " + became;
  for (const Fate::Hit& hit : call->fate.hits) {
    if (hit.kind != kind) continue;
    Hit logged = hit_of(hit, options_.hosts[call->request.host], what, call->sent);
    logged.why_not = why_not;
    options_.log(logged);
  }
}

void Wire::close() {
  closed_ = true;
  Reply failed;
  failed.error = EIO;
  for (const CallPtr& call : std::vector<CallPtr>(open_.begin(), open_.end())) {
    answer(call, failed);
  }
  waiting_.clear();
  killed_timer_.cancel();
}

}  // namespace holdfast::harness::mount
