// The workers of one host: started, watched, replaced when they are killed, asked to end.
//
// Each worker is a process that leads a group of its own. A worker is gone when the kernel has
// reported its end, nobody is left in its group, and its last word has been read; only then is it
// reported, and only then replaced: before, somebody could still act in its name.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/orders.h"
#include "harness/nemesis/target.h"
#include "harness/result/result.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

/// How a worker ended.
struct Departure {
  enum class How { in_order, contender_ended, killed };
  How how = How::in_order;
  std::size_t index = 0;  ///< of its slot on this host
  Target target;          ///< its live words are still there to be read
  std::string history;
  std::optional<CrashChoice> crash;  ///< it was to be killed there
  std::string crash_mark;            ///< where the mount says that it did that; empty: itself
};

class Crew {
 public:
  struct Listener {
    std::function<void()> prepared;                  ///< all wait for the start
    std::function<void(const Notice&)> notice;       ///< a worker waits for its echo
    std::function<void(const Departure&)> departed;  ///< before it is replaced
    std::function<void(const Problem&)> trouble;     ///< the run cannot go on
    std::function<void()> gone;                      ///< after finish(): nobody is left
  };

  Crew(boost::asio::io_context& context, HostOrders orders, Listener listener);
  ~Crew();

  Result<void> start();
  void go();
  /// Asks all to end in order; nobody is replaced any more.
  void finish();
  /// For the worker that waits for it, if it is still there.
  void echo(const Echo& echo);
  /// To be called whenever the kernel may have something to report of children.
  void reap();

  std::size_t size() const { return slots_.size(); }
  const HostOrders& orders() const { return orders_; }
  /// The worker in this slot, if it is at work: not while it starts or ends.
  std::optional<Target> at_work(std::size_t index) const;
  /// Those that are still there, at work or not.
  std::vector<std::size_t> present() const;
  std::optional<Target> anybody(std::size_t index) const;
  Tally tally() const;

 private:
  struct Slot;
  void start_one(Slot& slot);
  void heard(Slot& slot, const std::string& line);
  void settle(Slot& slot);
  void depart(Slot& slot);
  void replace(Slot& slot, Departure::How how);
  void report(const Slot& slot, const std::string& what);
  std::optional<Departure::How> manner(const Slot& slot);
  bool all_prepared() const;

  boost::asio::io_context& context_;
  HostOrders orders_;
  Listener listener_;
  std::vector<std::unique_ptr<Slot>> slots_;
  bool told_prepared_ = false;
  bool going_ = false;
  bool finishing_ = false;
  bool told_gone_ = false;
  std::uint64_t grants_of_the_dead_ = 0;
};

}  // namespace holdfast::harness
