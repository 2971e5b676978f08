// Anybody doing anything: calls that are answered by chance, and what their files show by chance.
#include <array>
#include <cerrno>
#include <utility>

#include "harness/checker/testing/history_builder.h"

namespace holdfast::harness {
namespace {

class Chaos : public Builder {
 public:
  explicit Chaos(Random& random) : Builder(random) {
    draw_bounds();
    name_files();
    const std::uint64_t workers = 2 + random_.below(3);
    for (std::uint64_t i = 0; i < workers; ++i) live(start());
    if (terms_.leases && files_ == Files::name && one_in(6)) renew_late();
    while (one_in(3)) stop_mount();
    if (one_in(3)) bend_clocks();
    if (one_in(6)) forget();
    if (one_in(6)) set_server_clock();
    if (one_in(40)) lose_host();
    if (terms_.orphan_bound) leave_files();
  }

  Case take() { return finish(last_ + ticks(6)); }

 private:
  static constexpr std::int64_t kEnd = 40;  ///< most of it is over by then

  void draw_bounds() {
    terms_.fenced = one_in(3);
    terms_.timeout_slack_ns = ticks(6) * kTick;
    if (one_in(2)) terms_.recovery_bound_ns = ticks(3) * kTick;
    if (one_in(2)) terms_.bypass_bound = random_.below(3);
    if (one_in(3)) terms_.wait_bound_ns = ticks(20) * kTick;
    if (one_in(3)) terms_.orphan_bound = random_.below(3);
    if (one_in(4)) terms_.overstay_bound = random_.below(2);
    if (terms_.counter && !one_in(16)) terms_.final_counter = random_.below(6);
    // Which of several lost updates is excused by the contract is a matter of taste.
    if (!terms_.counter && one_in(2)) terms_.contract_offset_ns = ticks(12) * kTick;
    if (!terms_.counter && one_in(4)) terms_.contract_drift = 0.02;
    if (!terms_.counter && one_in(4)) terms_.steady_server_clock = true;
    terms_.wants_contention = one_in(6);
    terms_.wants_kills_inside = one_in(6);
    terms_.wants_expiry = one_in(6);
    terms_.wants_of_each_fault = 1 + random_.below(2);
    for (const char* kind : {"kill", "pause", "clock", "hang"}) {
      if (one_in(12)) terms_.wants_faults.emplace_back(kind);
    }
  }

  std::uint32_t start() {
    const std::uint32_t worker = add_worker();
    history_.workers[worker].pid = 100 + worker;
    history_.workers[worker].records_files = files_ != Files::none && !one_in(8);
    return worker;
  }

  void live(std::uint32_t worker) {
    now_ = ticks(8);
    dies_ = one_in(4) ? 4 + ticks(30) : kNotAtAll;
    for (std::uint64_t left = 1 + random_.below(4); left > 0; --left) {
      lock_ = static_cast<std::uint16_t>(random_.below(history_.locks.size()));
      if (!cycle(worker)) return stop(worker);
    }
    if (dies_ < kNotAtAll && now_ >= dies_) return stop(worker);
    if (!terms_.in_process && one_in(8)) return end_by_itself(worker);
    add(now_ += ticks(3), worker, lock_, Op::worker, Phase::ok);
    last_ = std::max(last_, now_);
  }

  /// One who stays past the lease, is broken after that, and renews it all the same.
  void renew_late() {
    const std::uint32_t stays = start(), breaks = start();
    lock_ = 0;
    now_ = ticks(8);
    take_at(stays);
    now_ += terms_.lifetime_ns / kTick + ticks(4);
    change_files(breaks, now_ + 1, kRemove, true);
    take_at(breaks);
    add(++now_, stays, lock_, Op::refresh, Phase::invoke);
    Event& renewed = add(++now_, stays, lock_, Op::refresh, Phase::ok);
    if (terms_.own_lock) renewed.until_ns = lease_end();
    for (const std::uint32_t worker : {stays, breaks}) {
      add(now_ + 1 + ticks(6), worker, lock_, Op::worker, Phase::ok);
    }
    last_ = std::max(last_, now_ + 8);
  }

  void take_at(std::uint32_t worker) {
    add(now_, worker, lock_, Op::acquire, Phase::invoke);
    change_files(worker, now_ + 2, kMake, true);
    now_ += 3;
    Event& granted = add(now_, worker, lock_, Op::acquire, Phase::ok);
    if (terms_.tokens) granted.token = 1 + random_.below(6);
    if (terms_.own_lock) granted.until_ns = lease_end();
  }

  /// A program that is gone: its worker says of the last call that nobody knows.
  void end_by_itself(std::uint32_t worker) {
    if (call(worker, Op::release, Phase::info) == nullptr) return stop(worker);
    last_ = std::max(last_, now_);
  }

  // --- faults that hit no worker

  Fault& add_fault_of(const char* kind, std::int64_t from, std::int64_t until) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history_.faults.size());
    fault.kind = kind;
    fault.start_ns = from * kTick;
    fault.end_ns = until * kTick;
    fault.effective = !one_in(4);
    history_.faults.push_back(fault);
    return history_.faults.back();
  }

  /// The mount of one host, or of all, does not answer; or it did all the same.
  void stop_mount() {
    const std::int64_t from = ticks(kEnd);
    Fault& fault = add_fault_of(one_in(2) ? "partition" : "hang", from, from + ticks(5));
    if (!one_in(3)) fault.host = static_cast<std::uint32_t>(random_.below(history_.hosts.size()));
    fault.target = fault.host == kNobody ? "server" : history_.hosts[fault.host].name;
  }

  /// Each change of a host's clock lasts until the next.
  void bend_clocks() {
    for (std::uint32_t host = 0; host < history_.hosts.size(); ++host) {
      for (std::int64_t at = ticks(kEnd); one_in(2);) {
        const std::int64_t until = at + ticks(20);
        Fault& fault = add_fault_of("clock", at, until);
        fault.host = one_in(8) ? kNobody : host;
        fault.measured_offset_ns = (ticks(25) - 12) * kTick;
        if (one_in(3)) fault.measured_rate = one_in(2) ? 1.015 : 0.985;
        if (!fault.effective) fault.planned_rate = std::exchange(fault.measured_rate, 1);
        at = until;
      }
    }
  }

  void set_server_clock() {
    for (std::int64_t at = ticks(kEnd); one_in(2);) {
      const std::int64_t until = at + ticks(20);
      add_fault_of("server_clock", at, until).target = "server";
      at = until;
    }
  }

  void forget() {
    const std::int64_t at = ticks(kEnd);
    add_fault_of("server_forgot", at, at);
  }

  void lose_host() { add_fault_of("controller_lost", 0, 0).target = history_.hosts.front().name; }

  // --- calls

  /// Cut off: by the kill that was due, or by the end of all, in a call.
  void stop(std::uint32_t worker) {
    last_ = std::max(last_, now_);
    if (dies_ < kNotAtAll) {
      const std::int64_t from = std::max<std::int64_t>(0, std::min(dies_, now_) - ticks(3));
      add_fault("kill", worker, from, now_ + ticks(3));
    }
  }

  /// A call: asked, and answered unless the worker dies first. Files may be seen to change in it.
  Event* call(std::uint32_t worker, Op op, Phase phase, std::uint64_t token = 0) {
    const std::size_t first = history_.events.size();
    add(now_ += ticks(4), worker, lock_, op, Phase::invoke).token = token;
    const std::int64_t sent = now_;
    const bool answered = now_ < dies_ && (now_ += ticks(op == Op::acquire ? 12 : 4)) < dies_;
    if (answered && one_in(16)) pause(worker);
    if (answered) add(now_, worker, lock_, op, phase).token = token;
    if (op == Op::acquire && one_in(3)) {
      break_lock(worker, sent);
    } else if (op == Op::acquire || op == Op::refresh || op == Op::release) {
      for (std::int64_t at = sent + ticks(2); at < now_ && !one_in(6); at += ticks(3)) {
        change_files(worker, at, random_.below(8), !one_in(4));
      }
    }
    return answered ? &history_.events[first + 1] : nullptr;
  }

  /// As one who looks at an old lock, removes it, whatever it is by then, and takes it.
  void break_lock(std::uint32_t worker, std::int64_t sent) {
    std::int64_t at = sent;
    for (const std::uint64_t what : {kLook, kRemove, kMake}) {
      at += ticks(4);
      if (at < now_) change_files(worker, at, what, true);
    }
  }

  /// As a call, but with a patience, and looks at files that are no lock's.
  Event* acquire(std::uint32_t worker, Phase phase, std::uint64_t token) {
    const std::size_t first = history_.events.size();
    Event* const back = call(worker, Op::acquire, phase, token);
    Event& asked = history_.events[first];
    if (one_in(2)) asked.until_ns = asked.at_ns + ticks(4) * kTick;
    const std::int64_t sent = asked.at_ns / kTick, over = now_;
    for (std::int64_t look = sent + ticks(4); look < over && one_in(2); look += ticks(4)) {
      add(look, worker, lock_, Op::file, Phase::ok).file = FileOp::stat;
    }
    return back == nullptr ? nullptr : &history_.events[first + 1];
  }

  bool probe(std::uint32_t worker) {
    Event* const back = call(worker, Op::probe, Phase::ok);
    if (back == nullptr) return false;
    back->value = random_.below(4);
    return true;
  }

  void pause(std::uint32_t worker) {
    const std::int64_t until = now_ + 1 + ticks(8);
    add_fault("pause", worker, now_, until);
    now_ = until;
  }

  bool cycle(std::uint32_t worker) {
    const std::uint64_t fate = random_.below(8);
    const Phase phase = fate < 2 ? Phase::fail : fate == 2 ? Phase::info : Phase::ok;
    const std::uint64_t token = terms_.tokens && phase == Phase::ok ? 1 + random_.below(6) : 0;
    Event* const granted = acquire(worker, phase, token);
    if (granted == nullptr) return false;
    if (phase == Phase::fail) granted->code = static_cast<int>(draw_reason(Why::timeout));
    if (phase == Phase::ok && terms_.own_lock && !one_in(5)) granted->until_ns = lease_end();
    if (phase == Phase::ok && !(tell(worker, Op::enter) && inside(worker))) return false;
    if (phase == Phase::ok && !tell(worker, Op::leave)) return false;
    if (phase == Phase::fail) return !one_in(3) || probe(worker);
    if (phase == Phase::ok && one_in(8)) return true;
    return give_back(worker) && (!one_in(4) || probe(worker));
  }

  /// Mostly the one that is to be expected.
  Why draw_reason(Why expected) {
    if (!one_in(6)) return expected;
    return static_cast<Why>(random_.below(static_cast<std::uint64_t>(Why::contender) + 1));
  }

  /// Ordered mode: the controller answers, mostly.
  bool tell(std::uint32_t worker, Op what) {
    if (!ordered_) return true;
    Event* const back = call(worker, what, one_in(8) ? Phase::info : Phase::ok);
    if (back == nullptr) return false;
    if (back->phase == Phase::ok) {
      back->until_ns = std::max<std::int64_t>(1, (now_ + ticks(7) - 4) * kTick);
    }
    return true;
  }

  std::int64_t lease_end() { return now_ * kTick + terms_.lifetime_ns - ticks(4) * kTick; }

  bool inside(std::uint32_t worker) {
    for (std::uint64_t left = random_.below(4); left > 0; --left) {
      const std::uint64_t what = random_.below(8);
      bool alive = true;
      if (what < 2) {
        alive = renew(worker);
      } else if (what == 2) {
        add(now_ += ticks(2), worker, lock_, Op::told, Phase::ok);
      } else if (what == 3) {
        alive = probe(worker);
      } else if (what == 4) {
        change_files(worker, now_ += ticks(2), random_.below(8), !one_in(4));
      } else if (terms_.counter || terms_.fenced) {
        alive = work(worker);
      } else {
        now_ += ticks(6);
      }
      if (!alive) return false;
      if (one_in(10)) pause(worker);
    }
    return now_ < dies_;
  }

  bool renew(std::uint32_t worker) {
    const bool lost = one_in(4);
    Event* const back = call(worker, Op::refresh, lost ? Phase::fail : Phase::ok);
    if (back == nullptr) return false;
    if (lost) back->code = static_cast<int>(draw_reason(Why::lost));
    if (!lost && terms_.own_lock && !one_in(5)) back->until_ns = lease_end();
    return true;
  }

  bool work(std::uint32_t worker) {
    if (terms_.counter && (!terms_.fenced || one_in(2))) {
      Event* const back = call(worker, Op::update, Phase::ok);
      if (back == nullptr) return false;
      back->value = 1 + random_.below(5);
      return true;
    }
    const Phase phase = one_in(4) ? Phase::fail : Phase::ok;
    Event* const back =
        call(worker, one_in(2) ? Op::raise : Op::publish, phase, 1 + random_.below(6));
    if (back != nullptr && phase == Phase::fail) {
      back->code = static_cast<int>(draw_reason(Why::stale_token));
    }
    return back != nullptr;
  }

  bool give_back(std::uint32_t worker) {
    for (int tries = 0; tries < 2; ++tries) {
      const std::uint64_t fate = random_.below(8);
      const Phase phase = fate < 2 ? Phase::fail : fate == 2 ? Phase::info : Phase::ok;
      Event* const back = call(worker, Op::release, phase);
      if (back == nullptr) return false;
      if (phase == Phase::fail) {
        back->code = static_cast<int>(fate == 0 ? Why::lost : draw_reason(Why::error));
      }
      if (phase != Phase::fail || fate == 0) return true;
    }
    return true;
  }

  // --- files

  enum class Files { none, name, states };

  /// Of each lock: itself, a claim beside it and where it is put aside, and five of its states.
  void name_files() {
    for (const std::string& lock : history_.locks) {
      for (const char* suffix :
           {"", ".claim", ".aside", "/free,1", "/held,2", "/free,2", "/held,3", "/held,4"}) {
        history_.names.push_back(lock + suffix);
      }
    }
  }
  std::uint32_t name(std::uint32_t which) const { return 1 + 8U * lock_ + which; }
  std::uint32_t any_state() { return name(3 + static_cast<std::uint32_t>(random_.below(5))); }

  static constexpr std::uint64_t kMake = 0, kRemove = 3, kLook = 6, kTouch = 7;

  /// `what` is below 8. Of states, each change is a rename from one to another, or a removal.
  void change_files(std::uint32_t worker, std::int64_t at, std::uint64_t what, bool done) {
    if (!history_.workers[worker].records_files) return;
    Event& event = add(at, worker, lock_, Op::file, done ? Phase::ok : Phase::fail);
    if (done) event.value = random_.below(3);
    if (files_ == Files::states) {
      event.file = one_in(8) ? FileOp::unlink : FileOp::rename;
      event.name = any_state();
      if (event.file == FileOp::rename) event.other = any_state();
      if (!done) event.code = one_in(2) ? ENOENT : EIO;
      return;
    }
    event.name = name(0);
    if (what < kRemove) {
      make_name(event, done);
    } else if (what < kLook) {
      constexpr std::array kRemovals = {FileOp::unlink, FileOp::rmdir, FileOp::rename};
      event.file = kRemovals[random_.below(kRemovals.size())];
      if (event.file == FileOp::rename) event.other = name(2);
      if (!done) event.code = one_in(3) ? EACCES : one_in(2) ? ENOENT : EIO;
    } else {
      event.file = what == kTouch ? FileOp::utime : one_in(2) ? FileOp::stat : FileOp::open_read;
      if (!done) event.code = ENOENT;
    }
  }

  void make_name(Event& event, bool done) {
    constexpr std::array kMakings = {FileOp::link, FileOp::open_create, FileOp::mkdir,
                                     FileOp::symlink};
    event.file = kMakings[random_.below(kMakings.size())];
    if (event.file == FileOp::link) {
      event.other = name(0);
      event.name = name(one_in(2) ? 1 : 2);  // a claim, or what was moved aside
    }
    if (!done) event.code = one_in(3) ? EIO : EEXIST;
  }

  /// States of free batons, of live and dead holders, their directories, and what is nobody's.
  void leave_files() {
    for (std::uint64_t left = random_.below(6); left > 0; --left) {
      const std::string directory = "lock" + std::to_string(random_.below(2)) + "/";
      const std::string pid = std::to_string(100 + random_.below(5));
      const std::array paths = {directory, directory + "free,7,0,0",
                                directory + "held,8,0,15000,0,0,h1," + pid + ",1,2,3",
                                directory + "held,9", std::string("junk")};
      const std::string& path = paths[random_.below(paths.size())];
      auto& all = history_.left_behind;
      if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(path);
    }
  }

  static constexpr std::int64_t kNotAtAll = 1'000'000;

  Files files_ = one_in(3) ? Files::none : one_in(2) ? Files::name : Files::states;
  bool ordered_ = one_in(3);
  std::uint16_t lock_ = 0;
  std::int64_t now_ = 0;
  std::int64_t dies_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace

Case random_case(Random& random) { return Chaos(random).take(); }

}  // namespace holdfast::harness
