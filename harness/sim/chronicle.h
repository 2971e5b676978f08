// A schedule, recorded as a real run is: the events and faults of harness/history, for the checkers
// that judge real runs.
//
// Recorded is what the processes see: an operation as it was answered, and not as it was applied.
// Two things come from the world's own knowledge. Calls, operations and faults have exact instants:
// the world's clock, and where it stands still, a nanosecond for each thing that happens, so that
// their order shows. And what a real worker asks its lock now and then, whose it is, is answered by
// the server's state, whenever that matters.
//
// What an operator breaks by force is over: its holder's lease is recorded to end then, and what
// the holder is told of it afterwards as what nobody knows. Of a fence what is asked and answered
// is recorded, as of real runs, and not its files.
#pragma once

#include <holdfast/error.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "harness/checker/checker.h"
#include "harness/history/history.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness::sim {

class Chronicle final : public Observer {
 public:
  /// Of the schedule that the stage runs next; it must be its witness, and the stage must go on
  /// after mistakes, so that their consequences are seen.
  explicit Chronicle(Stage& stage);

  /// Once, after the schedule, and before the stage runs another one.
  History finish();
  /// What a run of this setting is held to. Time in which something went wrong is no fault of the
  /// lock: what waits may last, grows by as much. After finish().
  Terms terms() const;

  void begins(const Process& process, const Operation& operation) override;
  void applied(const Request& request, const Process& by) override;
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override;
  void crashed(const Process& process) override;
  void happened(const Incident& incident, std::size_t forgotten) override;
  void comes(const Process& process) override;
  void acquires(const Process& process, Duration patience) override;
  void granted(const Process& process, const Contender& lock) override;
  void not_granted(const Process& process, std::error_code error) override;
  void refreshes(const Process& process, Duration lifetime) override;
  void refreshed(const Process& process, const Contender& lock, std::error_code error) override;
  void releases(const Process& process) override;
  void released(const Process& process, std::error_code error) override;
  void goes(const Process& process) override;
  void forked(const Process& process, bool parent_stays) override;
  void asks_fence(const Process& process, FenceCall call, Token token) override;
  void fence_told(const Process& process, FenceCall call, Token token,
                  std::error_code error) override;
  void breaks(const Process& process, std::uint64_t shown) override;
  void broke(const Process& process, std::error_code error) override;
  void told_of_loss(const Process& process) override;

 private:
  /// Of a process, in its present life.
  struct Line {
    std::uint32_t worker = kNobody;
    bool lives = false;
    bool in_call = false;
    bool inside = false;
    bool asks = false;          // its file operation is not answered
    std::int64_t began_ns = 0;  // of that
    Inode touched = 0;          // by its newest change of names
    std::string crash_point;
    std::size_t lease = 0;  // the event that says when it ends; 0: none
  };
  /// Its child goes on in its place. It holds what it held, and does nothing more.
  struct Parent {
    std::uint32_t worker;
    std::size_t host;
    std::size_t lease;
  };
  struct Clock {
    Duration offset{};
    std::int64_t since_ns = 0;
  };

  std::int64_t tick();
  Line& line(const Process& process);
  void begin(const Process& process, std::uint32_t life, std::int64_t pid);
  Event& add(const Process& process, Op op, Phase phase);
  Event& add(std::uint32_t worker, Op op, Phase phase);
  Event& answer(const Process& process, Op op, std::error_code error);
  void ask(const Process& process);
  std::uint32_t name(std::string_view path);
  std::int64_t lease_end(const Process& process, const Contender& lock);
  Fault& add_fault(const char* kind, std::int64_t start_ns, Duration length);
  void add_mishap(const Process& process, const Operation& operation, const Fate& fate);
  bool is_over(const Contender& lock) const;
  void note_lease(const Process& process, const Contender& lock, Event& event);
  void note_break(std::size_t& lease);
  void note_unanswered(const Line& of);
  void end_parents(std::size_t host);
  void end_cut_off(const Process& comes);
  void end_clock(std::size_t host);
  void look_around(Inode directory, const std::string& path);

  Stage& stage_;
  History history_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::vector<Line> lines_;
  std::vector<Clock> clocks_;  // by host
  std::vector<Parent> parents_;
  std::int64_t at_ns_ = 0;
  Duration unanswered_{};  // for how long, at most, a request had none when its process ended
};

}  // namespace holdfast::harness::sim
