// The way between the hosts and the server, where things go wrong.
//
// Fault model: a request can be late, can be overtaken, can be carried out twice, can be carried
// out although its sender was told that it failed, or never arrive; a host can be cut off in both
// directions or in one; the server can stand still, be away, or have forgotten. What the client
// then does is what NFS's does: it sends a request for which it got no reply again, as often as
// need be (hard), or gives up (soft), whereupon the request may still arrive.
//
// Everything runs in the thread of the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/sharedmount/hit.h"
#include "harness/sharedmount/host_mount.h"
#include "harness/sharedmount/rules.h"
#include "harness/sharedmount/stale_repeats.h"
#include "harness/sharedmount/store.h"

namespace holdfast::harness::mount {

struct WireOptions {
  std::vector<std::string> hosts;
  std::uint64_t seed = 0;
  HitLog log;  ///< of every fault that came true
};

class Wire final : public Courier {
 public:
  /// Both must outlive it.
  Wire(boost::asio::io_context& context, Store& store, WireOptions options);

  void send(Request request, Answer answer, Abandoned abandoned) override;

  /// From now on faults strike; the times that they name are counted from here.
  void start();
  /// One more, or before start() one that strikes from then on, but for a clock that is off from
  /// the start; its number. `at` and `from` are counted from start() or from now, whichever is
  /// later.
  std::uint32_t add(MountFault fault);
  /// Ends it, and what it holds back goes on. False: there is none of this number, or it is over.
  bool end(std::uint32_t number);
  /// Whoever waits is told that it failed, and nothing is carried out any more.
  void close();

 private:
  /// What kept a call back before it arrived.
  struct Stay {
    Fate::Hit by;
    Instant from;
    Instant until;
  };
  struct Call {
    Request request;
    Paths about;  ///< as it was sent
    Answer answer;
    Abandoned abandoned;
    Fate fate;
    Instant sent;
    Instant arrived{};  ///< at the server for the first time; zero: not yet
    std::vector<Stay> stays;
    Reply result;         ///< of the time that it was carried out with success, else of the last
    Fate::Hit held_by{};  ///< what keeps it back; number 0: nothing does
    /// Of one whose program is told an error: whether what it asked for came about all the same.
    MountFault::Applied applied = MountFault::Applied::no;
    NodePtr source;  ///< of one that is told ESTALE: what its first name led to before
    bool overtaken = false;
    bool answered = false;
    bool given_up = false;
    bool has_arrived() const { return arrived != Instant{}; }
  };
  using CallPtr = std::shared_ptr<Call>;
  using Step = std::function<void()>;

  /// A call that waits for something to be over.
  struct Waiting {
    CallPtr call;
    Step go_on;
    std::uint32_t fault = 0;  ///< that keeps it back
    Instant since;
    std::uint64_t overtaken_by = 0;  ///< so many still to come
  };
  struct Outage {
    std::uint32_t fault = 0;
    bool all = false;
    std::uint32_t host = 0;
    bool requests = true;
    bool replies = true;
    Instant began;
  };
  /// A crash that waits for the change after which it does most harm.
  struct Doom {
    std::uint32_t fault = 0;
    Nanoseconds length{};
    Instant told;
  };
  /// What the server's clock was set to last.
  struct ClockSetting {
    std::uint32_t fault = 0;
    std::string sort;      ///< of a server_clock (harness/scenario/fault_sorts.h)
    Nanoseconds before{};  ///< by which it was off
    Instant since;
  };
  /// A fault that comes by time.
  struct Timed {
    MountFault fault;
    Random random{0};
    Instant next;
    std::uint64_t struck = 0;
    std::shared_ptr<boost::asio::steady_timer> timer;
    bool strikes_again() const { return struck == 0 || fault.strikes_after(struck); }
  };

  // The way of a call, in order.
  void depart(const CallPtr& call, std::size_t next_hit = 0);
  void arrive(const CallPtr& call);
  void refuse(const CallPtr& call);
  void reply(const CallPtr& call);
  void arrive_again(const CallPtr& call);
  void settle(const CallPtr& call, const Reply& reply);
  void answer(const CallPtr& call, const Reply& reply);
  void tell(const Answer& answer, const Reply& reply);
  /// Where its way ends before it is answered.
  void drop(const CallPtr& call);

  Reply execute(const Request& request);
  Reply execute_again(const Request& request, const Reply& first);
  void after(Nanoseconds delay, Step step);
  /// Keeps the call where an outage is in its way; false: there is none.
  bool held_up(const CallPtr& call, bool request, const Step& go_on);
  const Outage* outage(std::uint32_t host, bool request) const;
  void release(const std::function<bool(const Waiting&)>& which);
  void let_overtaken_go();
  void arm_patience(const CallPtr& call);
  void watch_for_killed();

  void arm(std::uint32_t number);
  void strike(std::uint32_t number);
  void begin_outage(std::uint32_t number, const MountFault& fault, Nanoseconds length);
  void end_outage(std::uint32_t number);
  void lift(std::uint32_t number);
  void forget_if_over(std::uint32_t number);
  void doom(std::uint32_t number, Nanoseconds length);
  void crash();
  void set_clock(std::uint32_t number, const MountFault& fault);

  // What the log says (wire_log.cc).
  Hit hit_of(const Call& call, const Fate::Hit& by, const std::string& became) const;
  /// What became of the call by the fault of this kind that hit it, if one did.
  void log(const CallPtr& call, MountFault::Kind kind, const std::string& became,
           const std::string& why_not = {});
  void log_stays(const CallPtr& call, const std::string& became);
  void log_given_up(const CallPtr& call);
  void log_outage(const Outage& over);
  void log_held_up(const Waiting& one);
  void log_clock();
  void log_forgotten(std::uint32_t number, const std::vector<Forgotten>& changes);
  void log_of_server(Hit hit, std::uint32_t number, const std::string& what);
  Nanoseconds since_start() const;

  boost::asio::io_context& context_;
  Store& store_;
  WireOptions options_;
  Rules rules_;
  StaleRepeats repeats_;
  std::map<std::uint32_t, Timed> timed_;  ///< those that are not over
  std::vector<Outage> outages_;
  std::optional<Doom> doom_;
  std::optional<ClockSetting> clock_set_;
  std::list<Waiting> waiting_;
  std::set<CallPtr> open_;  ///< not answered yet
  boost::asio::steady_timer killed_timer_;
  bool watching_ = false;
  bool closed_ = false;
  bool started_ = false;
  Instant start_{};
  std::uint32_t last_number_ = 0;
};

}  // namespace holdfast::harness::mount
