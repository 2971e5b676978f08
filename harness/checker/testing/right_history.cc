// A lock that is right, whatever is done to it.
#include "harness/checker/testing/history_builder.h"

namespace holdfast::harness {
namespace {

struct Server {
  std::uint32_t holder = kNobody;
  std::int64_t lease_until = 0;
  std::uint64_t generation = 0;
  std::uint64_t renewal = 0;
  std::uint64_t counter = 0;
  std::string state = "free,0";
};

class Right : public Builder {
 public:
  explicit Right(Random& random) : Builder(random) {
    terms_.tokens = true;
    terms_.timeout_slack_ns = 8 * kTick;
    terms_.wedge_bound_ns = 8 * kTick;
    terms_.recovery_bound_ns = terms_.lifetime_ns + terms_.margin_ns + 8 * kTick;
    lifetime_ = terms_.leases ? terms_.lifetime_ns / kTick : 1'000'000;
    records_ = terms_.leases && one_in(2);
    servers_.resize(history_.locks.size());
    const std::uint64_t workers = 2 + random_.below(4);
    for (std::uint64_t i = 0; i < workers; ++i) start(kStart);
  }

  Case take() {
    for (now_ = 0; now_ < kEnd + 100; ++now_) {
      for (std::size_t i = 0; i < actors_.size(); ++i) {
        if (actors_[i].state != State::dead) live(i);
      }
    }
    if (terms_.counter) {
      terms_.final_counter = 0;
      for (const Server& server : servers_) *terms_.final_counter += server.counter;
    }
    bend_clocks();
    return finish(kEnd);
  }

 private:
  static constexpr std::int64_t kStart = 10;  ///< bent clocks stay above zero
  static constexpr std::int64_t kEnd = 120;
  enum class State {
    resting,
    waiting,
    taken,
    entering,
    inside,
    renewing,
    writing,
    leaving,
    parting,
    left,
    dead
  };

  struct Actor {
    std::uint32_t worker = 0;
    std::uint16_t lock = 0;
    State state = State::resting;
    std::int64_t wakes = 0;
    std::int64_t paused_until = 0;
    std::int64_t deadline = 0;
    std::int64_t leaves = 0;
    std::int64_t lease_until = 0;
    std::uint64_t token = 0;
    std::uint64_t read = 0;
    std::int64_t heard = 0;  ///< when the controller heard of it; 0: it has yet to
    bool ok = false;
    bool lost = false;
    bool within = false;  ///< it has not told the controller that it leaves
  };

  void start(std::int64_t at) {
    Actor actor;
    actor.worker = add_worker();
    actor.lock = static_cast<std::uint16_t>(random_.below(history_.locks.size()));
    actor.wakes = at + ticks(6);
    history_.workers.back().records_files = records_;
    actors_.push_back(actor);
  }

  void live(std::size_t index) {
    if (actors_[index].paused_until > now_) return;
    if (now_ < kEnd && one_in(150)) return kill(index);
    Actor& actor = actors_[index];
    if (now_ < kEnd && one_in(80)) {
      actor.paused_until = now_ + 1 + ticks(one_in(2) ? 6 : 40);
      add_fault("pause", actor.worker, now_, actor.paused_until);
      return;
    }
    for (int step = 0; step < 3 && actor.wakes <= now_; ++step) act(actor);
  }

  void kill(std::size_t index) {
    Actor& actor = actors_[index];
    Server& server = servers_[actor.lock];
    const std::int64_t over = now_ + ticks(3);
    add_fault("kill", actor.worker, now_, over);
    actor.state = State::dead;
    // A lock without leases is freed by the death; one with them may be, by proof of it.
    if (server.holder == actor.worker && (!terms_.leases || one_in(2))) server.lease_until = now_;
    if (actors_.size() < 12) start(std::max(over, kStart));
  }

  void act(Actor& actor) {
    switch (actor.state) {
      case State::resting: return ask(actor);
      case State::waiting: return wait(actor);
      case State::taken: return come_back(actor);
      case State::entering: return answered(actor, Op::enter, State::inside);
      case State::inside: return be_inside(actor);
      case State::renewing: return renewed(actor);
      case State::writing: return written(actor);
      case State::leaving: return leave(actor);
      case State::parting: return answered(actor, Op::leave, State::leaving);
      case State::left: return gone(actor);
      case State::dead: return;
    }
  }

  Event& note(const Actor& actor, Op op, Phase phase) {
    Event& event = add(now_, actor.worker, actor.lock, op, phase);
    event.token = actor.token;
    return event;
  }

  void go_on(Actor& actor, State state, std::uint64_t within) {
    actor.state = state;
    actor.wakes = now_ + ticks(within);
  }

  void ask(Actor& actor) {
    actor.token = 0;
    if (now_ >= kEnd) {
      note(actor, Op::worker, Phase::ok);
      actor.state = State::dead;
      return;
    }
    actor.deadline = one_in(2) ? now_ + ticks(40) : 0;
    note(actor, Op::acquire, Phase::invoke).until_ns = actor.deadline * kTick;
    go_on(actor, State::waiting, 2);
  }

  void wait(Actor& actor) {
    Server& server = servers_[actor.lock];
    const bool is_free =
        server.holder == kNobody || server.lease_until + terms_.margin_ns / kTick <= now_;
    if (is_free) {
      server.holder = actor.worker;
      actor.token = ++server.generation;
      actor.lease_until = server.lease_until = now_ + lifetime_;
      move(actor, "held," + std::to_string(server.generation) + ",0");
      return go_on(actor, State::taken, 3);
    }
    const bool give_up = now_ >= kEnd || (actor.deadline != 0 && now_ >= actor.deadline);
    actor.wakes = now_ + 1;
    if (!give_up) return;
    note(actor, Op::acquire, Phase::fail).code =
        static_cast<int>(now_ >= kEnd ? Why::cancelled : Why::timeout);
    go_on(actor, State::resting, 4);
    if (one_in(3)) probe(actor);
  }

  /// The grant's reply. An own lock gives back what has run out by then, and goes on waiting.
  void come_back(Actor& actor) {
    if (terms_.own_lock && now_ >= actor.lease_until) {
      free(actor);
      actor.token = 0;
      return go_on(actor, State::waiting, 1);
    }
    if (one_in(20)) {
      note(actor, Op::acquire, Phase::info).token = 0;
      return go_on(actor, State::leaving, 2);
    }
    Event& granted = note(actor, Op::acquire, Phase::ok);
    if (terms_.own_lock) granted.until_ns = actor.lease_until * kTick;
    actor.read = servers_[actor.lock].counter;
    actor.lost = false;
    actor.leaves = now_ + ticks(20);
    actor.within = ordered_;
    if (ordered_) return tell(actor, Op::enter, State::entering);
    go_on(actor, State::inside, 3);
  }

  /// Ordered mode: the message is on its way for long, or the answer.
  void tell(Actor& actor, Op what, State waiting) {
    note(actor, what, Phase::invoke);
    actor.heard = one_in(2) ? now_ : 0;
    go_on(actor, waiting, 4);
  }

  void answered(Actor& actor, Op what, State next) {
    note(actor, what, Phase::ok).until_ns = (actor.heard != 0 ? actor.heard : now_) * kTick;
    go_on(actor, next, 2);
  }

  void be_inside(Actor& actor) {
    actor.wakes = now_ + 1;
    if (one_in(6)) probe(actor);
    if (terms_.own_lock && now_ >= actor.lease_until && !actor.lost) {
      note(actor, Op::told, Phase::ok);
      actor.lost = true;
    }
    if (now_ >= actor.leaves || now_ >= kEnd || actor.lost) {
      if (!terms_.counter || actor.lost) return go_on(actor, State::leaving, 2);
      note(actor, Op::update, Phase::invoke);
      return go_on(actor, State::writing, 3);
    }
    if (!terms_.leases || !one_in(5)) return;
    note(actor, Op::refresh, Phase::invoke);
    Server& server = servers_[actor.lock];
    actor.ok = is_mine(actor);
    if (actor.ok) {
      actor.lease_until = server.lease_until = now_ + lifetime_;
      move(actor,
           "held," + std::to_string(server.generation) + "," + std::to_string(++server.renewal));
    }
    go_on(actor, State::renewing, 3);
  }

  void renewed(Actor& actor) {
    Event& back = note(actor, Op::refresh, actor.ok ? Phase::ok : Phase::fail);
    if (actor.ok && terms_.own_lock) back.until_ns = actor.lease_until * kTick;
    if (!actor.ok) {
      back.code = static_cast<int>(Why::lost);
      note(actor, Op::told, Phase::ok);
      actor.lost = true;
    }
    go_on(actor, State::inside, 1);
  }

  void written(Actor& actor) {
    servers_[actor.lock].counter = actor.read + 1;
    note(actor, Op::update, Phase::ok).value = actor.read + 1;
    go_on(actor, State::leaving, 2);
  }

  void leave(Actor& actor) {
    if (std::exchange(actor.within, false)) return tell(actor, Op::leave, State::parting);
    note(actor, Op::release, Phase::invoke);
    actor.ok = is_mine(actor);
    free(actor);
    go_on(actor, State::left, 3);
  }

  void gone(Actor& actor) {
    if (one_in(15)) {
      note(actor, Op::release, Phase::info);
    } else {
      note(actor, Op::release, actor.ok ? Phase::ok : Phase::fail).code =
          static_cast<int>(actor.ok ? Why::none : Why::lost);
    }
    go_on(actor, State::resting, 6);
  }

  void probe(Actor& actor) {
    const Server& server = servers_[actor.lock];
    const ProbedState state = server.holder == kNobody ? ProbedState::free
                              : is_mine(actor)         ? ProbedState::mine
                                                       : ProbedState::other;
    note(actor, Op::probe, Phase::invoke);
    note(actor, Op::probe, Phase::ok).value = static_cast<std::uint64_t>(state);
  }

  bool is_mine(const Actor& actor) const {
    const Server& server = servers_[actor.lock];
    return server.holder == actor.worker && server.generation == actor.token;
  }

  void free(Actor& actor) {
    if (!is_mine(actor)) return;
    Server& server = servers_[actor.lock];
    server.holder = kNobody;
    move(actor, "free," + std::to_string(server.generation));
  }

  /// One rename turns the lock's state into another.
  void move(const Actor& actor, const std::string& to) {
    Server& server = servers_[actor.lock];
    const std::string from = std::exchange(server.state, to);
    if (!records_) return;
    const std::string& directory = history_.locks[actor.lock];
    const auto first = name(directory + "/" + from), second = name(directory + "/" + to);
    Event& event = note(actor, Op::file, Phase::ok);
    event.file = FileOp::rename;
    event.name = first;
    event.other = second;
  }

  std::uint32_t name(const std::string& text) {
    const auto found = std::find(history_.names.begin(), history_.names.end(), text);
    if (found != history_.names.end()) {
      return static_cast<std::uint32_t>(found - history_.names.begin());
    }
    history_.names.push_back(text);
    return static_cast<std::uint32_t>(history_.names.size() - 1);
  }

  /// Moves all instants of a host by as much as its uncertainty allows.
  void bend_clocks() {
    if (history_.hosts.size() == 1) return;
    std::vector<std::int64_t> by;
    for (const HostRecord& host : history_.hosts) {
      const std::int64_t most = host.uncertainty_ns / kTick;
      by.push_back((ticks(static_cast<std::uint64_t>(2 * most + 1)) - most) * kTick);
    }
    for (Event& event : history_.events) {
      const std::int64_t by_ns = by[history_.workers[event.worker].host];
      event.at_ns += by_ns;
      event.began_ns += by_ns;
      if (event.op == Op::enter || event.op == Op::leave) continue;  // the controller's word
      if (event.until_ns != 0) event.until_ns = std::max<std::int64_t>(1, event.until_ns + by_ns);
    }
    for (Fault& fault : history_.faults) {
      const std::int64_t by_ns = by[history_.workers[fault.worker].host];
      fault.start_ns += by_ns;
      fault.end_ns += by_ns;
    }
  }

  std::int64_t now_ = 0;
  std::int64_t lifetime_ = 0;
  bool records_ = false;
  bool ordered_ = one_in(3);
  std::vector<Server> servers_;
  std::vector<Actor> actors_;
};

}  // namespace

Case right_case(Random& random) { return Right(random).take(); }

}  // namespace holdfast::harness
