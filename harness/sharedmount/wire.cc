#include "harness/sharedmount/wire.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;
using Clock = std::chrono::steady_clock;

/// Why it made no difference that a request was carried out twice; empty: it did make one.
/// `heard`: its program was told what came of the second time.
std::string no_difference(Action action, const Reply& first, const Reply& second, bool heard) {
  if (second.changed) return "";
  if (second.error != 0 && first.error == second.error) {
    return "it failed both times in the same way";
  }
  if (!is_change(action)) return "it asks, and changes nothing";
  if (second.error == 0) return "there was nothing left to change";
  return heard ? "" : "the second time it failed, and nobody was told";
}

Reply failed_with(int error) {
  Reply failed;
  failed.error = error;
  return failed;
}

bool keeps_back(const Fate::Hit& hit) {
  return hit.kind == Kind::reorder ||
         ((hit.kind == Kind::hang || hit.kind == Kind::delay) && hit.length > Nanoseconds{});
}

}  // namespace

Wire::Wire(boost::asio::io_context& context, Store& store, WireOptions options)
    : context_(context),
      store_(store),
      options_(std::move(options)),
      rules_(options_.seed, options_.hosts),
      repeats_(store),
      killed_timer_(context) {}

Nanoseconds Wire::since_start() const { return started_ ? Clock::now() - start_ : Nanoseconds{}; }

void Wire::send(Request request, Answer answer, Abandoned abandoned) {
  if (closed_) return answer(failed_with(EIO));
  if (const auto repeated = repeats_.answer(request, Clock::now())) {
    return tell(answer, *repeated);
  }
  if (!started_ || (rules_.empty() && outages_.empty() && waiting_.empty() && !doom_)) {
    return tell(answer, store_.execute(request));
  }
  auto call = std::make_shared<Call>();
  call->about = paths(request);
  call->fate = rules_.decide(request, call->about, since_start());
  if (call->fate.error == ESTALE && !request.name.empty()) {
    call->source = store_.known(*request.node, request.name);
  }
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

// What keeps it back does so one after the other.
void Wire::depart(const CallPtr& call, std::size_t next_hit) {
  const auto& hits = call->fate.hits;
  while (next_hit < hits.size() && !keeps_back(hits[next_hit])) ++next_hit;
  if (next_hit == hits.size()) return arrive(call);
  const Fate::Hit by = hits[next_hit];
  const Instant since = Clock::now();
  const Step go_on = [this, call, by, since, next_hit] {
    call->stays.push_back({by, since, Clock::now()});
    depart(call, next_hit + 1);
  };
  call->held_by = by;
  if (by.kind == Kind::delay) return after(by.length, go_on);
  const bool hangs = by.kind == Kind::hang;
  if (hangs) log(call, Kind::hang, "does not arrive");
  waiting_.push_back({call, go_on, by.fault, since, hangs ? 0 : call->fate.overtaken_by});
  if (by.length == kForEver) return;
  after(by.length, [this, call, fault = by.fault] {
    release([&](const Waiting& one) { return one.call == call && one.fault == fault; });
  });
}

void Wire::arrive(const CallPtr& call) {
  call->held_by = {};
  if (held_up(call, true, [this, call] { arrive(call); })) return;
  call->arrived = Clock::now();
  const Fate& fate = call->fate;
  if (fate.error != 0 && fate.applied != MountFault::Applied::yes) return refuse(call);
  call->result = execute(call->request);
  const std::string became = outcome(call->result.error);
  if (doom_ && call->result.error == 0 && is_change(call->request.action)) crash();
  log_stays(call, became);
  if (call->result.changed) call->applied = fate.applied;
  log(call, Kind::error, outcome(fate.error) + ", carried out: " + became);
  reply(call);
}

/// Of what goes wrong with replies, nothing is left.
void Wire::refuse(const CallPtr& call) {
  const std::string told = outcome(call->fate.error);
  log_stays(call, told);
  for (const Kind kind : {Kind::lost_reply, Kind::duplicate}) {
    log(call, kind, told, "it was not carried out: the error came first");
  }
  if (call->fate.applied == MountFault::Applied::no) {
    log(call, Kind::error, told + ", not carried out");
  } else {
    after(call->fate.of(Kind::error)->length, [this, call, told] {
      const Reply later = execute(call->request);
      if (later.changed) call->applied = MountFault::Applied::later;
      log(call, Kind::error, told + ", carried out later: " + outcome(later.error));
    });
  }
  answer(call, failed_with(call->fate.error));
}

void Wire::reply(const CallPtr& call) {
  if (call->given_up) {
    log(call, Kind::lost_reply, outcome(call->result.error), "nobody waited for it any more");
    return settle(call, call->result);
  }
  if (const auto lost = call->fate.of(Kind::lost_reply)) {
    call->held_by = *lost;
    return after(lost->length, [this, call] { arrive_again(call); });
  }
  if (held_up(call, false, [this, call] { arrive_again(call); })) return;
  settle(call, call->result);
}

void Wire::arrive_again(const CallPtr& call) {
  call->held_by = {};
  if (call->given_up) return drop(call);  // who has given up sends nothing again
  const Step again = [this, call] { arrive_again(call); };
  if (held_up(call, true, again) || held_up(call, false, again)) return;
  const Reply& first = call->result;
  const Reply second = execute_again(call->request, first);
  const bool heard = !call->answered && call->fate.error == 0;
  log(call, Kind::lost_reply, outcome(first.error) + ", then " + outcome(second.error),
      no_difference(call->request.action, first, second, heard));
  if (first.error != 0) call->result = second;
  settle(call, second);
}

/// It is answered; and perhaps carried out once more, later.
void Wire::settle(const CallPtr& call, const Reply& reply) {
  if (const auto twice = call->fate.of(Kind::duplicate)) {
    after(twice->length, [this, call] {
      const Reply& first = call->result;
      const Reply more = execute_again(call->request, first);
      log(call, Kind::duplicate, outcome(first.error) + ", once more: " + outcome(more.error),
          no_difference(call->request.action, first, more, false));
    });
  }
  answer(call, call->fate.error != 0 ? failed_with(call->fate.error) : reply);
  if (!call->fate.of(Kind::duplicate))
    call->result = {};  // who waits for its patience needs no file
}

void Wire::drop(const CallPtr& call) {
  const std::string became = call->has_arrived()
                                 ? outcome(call->result.error) + ", then nobody waited"
                                 : "not carried out";
  if (call->has_arrived()) {
    log(call, Kind::lost_reply, became);
  } else {
    log_stays(call, became);
    for (const Kind kind : {Kind::error, Kind::lost_reply}) {
      log(call, kind, became, "nobody sent it again");
    }
  }
  log(call, Kind::duplicate, became, "nobody sent it again");
}

void Wire::answer(const CallPtr& call, const Reply& reply) {
  if (call->answered) return;
  call->answered = true;
  open_.erase(call);
  if (call->fate.error == ESTALE && reply.error == ESTALE) {
    repeats_.remember(call->request, std::move(call->source), Clock::now());
  }
  tell(call->answer, reply);
  call->answer = nullptr;
  call->abandoned = nullptr;
}

void Wire::tell(const Answer& answer, const Reply& reply) {
  if (reply.error == 0) store_.clock().tell(reply.real, reply.status);
  answer(reply);
}

Reply Wire::execute(const Request& request) {
  if (closed_) return failed_with(EIO);
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
  const Instant since = Clock::now();
  call->held_by = {by->fault, kind, {}};
  // However many keep it back, one reply is lost.
  if (!request && !call->fate.of(Kind::lost_reply)) {
    call->fate.hits.push_back({by->fault, Kind::lost_reply, {}, kind});
  }
  // Who has given up when the way is free again sends nothing any more, and a server that crashed
  // knows nothing of what stood before it; what stood before one that was paused is carried out.
  const Step when_free = [this, call, go_on, by = call->held_by, since] {
    const bool gone = (by.kind == Kind::partition && call->given_up) ||
                      (by.kind == Kind::server_crash && call->answered);
    if (gone) return drop(call);
    if (call->answered && !call->has_arrived()) {
      call->stays.push_back({by, since, Clock::now()});
    }
    go_on();
  };
  waiting_.push_back({call, when_free, by->fault, since});
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
    log_given_up(call);
    answer(call, failed_with(EIO));
  });
}

void Wire::watch_for_killed() {
  if (watching_) return;
  watching_ = true;
  killed_timer_.expires_after(std::chrono::milliseconds(20));
  killed_timer_.async_wait([this](const boost::system::error_code& error) {
    watching_ = false;
    if (error) return;
    for (const CallPtr& call : std::vector<CallPtr>(open_.begin(), open_.end())) {
      // Its request goes its way all the same.
      if (!call->answered && call->abandoned()) answer(call, failed_with(EINTR));
    }
    if (!open_.empty()) watch_for_killed();
  });
}

void Wire::close() {
  for (const Outage& over : std::exchange(outages_, {})) log_outage(over);
  log_clock();
  closed_ = true;
  for (const CallPtr& call : std::vector<CallPtr>(open_.begin(), open_.end())) {
    answer(call, failed_with(EIO));
  }
  waiting_.clear();
  killed_timer_.cancel();
}

}  // namespace holdfast::harness::mount
