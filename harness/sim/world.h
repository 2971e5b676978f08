// The simulated world: virtual time, hosts, processes as fibers, the network, and whose turn it is.
//
// Time passes only where everybody waits. Every file operation is a scheduling point: there,
// whoever is able to go on at this instant may be next. A request takes no time, or a little of its
// own (Setting::latency_seed); what else befalls it is its Fate. So interleavings come from ties at
// one instant, and delays from fates and incidents. A request that arrives when its process does
// not wait for it any more is with its host for half of that time, and then with the server: a host
// that is cut off in the first half keeps it until it is not, and one that crashes loses it.
//
// How it differs from the real thing, beside what server.h says of the file system and client.h of
// the mount:
//   time       a host runs its processes one step at a time, and what they compute takes none; a
//              timer fires exactly, unless time goes in steps (Setting::clock_step); a clock keeps
//              its rate, and elapsed time is never set;
//   requests   one for each operation of the door: its lookups, and a file's opening, reading and
//              closing, are answered with it. One thing befalls an operation: it is late, lost,
//              repeated or failed; a request that is lost and sent again is a late one. But for
//              copies, and what comes when nobody waits for it, a process's requests keep their
//              order. Nothing is damaged on its way;
//   network    between a host and the server, and for all of a host at once: no routes and no
//              bandwidth; no connections, with whose end all of a host's requests are sent again;
//              no sessions of version 4, in which nothing is done twice;
//   processes  no signals, limits or descriptors; memory, disk and threads are always to be had. A
//              pid tells exactly whether its process lives: no zombies, and /proc can be read.
//              Random bits are good, and never the same twice;
//   watches    know paths as text, are told of changes by name alone, lose nothing, and there is
//              always one to be had;
//   forks      only the child is played on, with a copy of nothing: the parent holds what it held,
//              and does nothing more.
#pragma once

#include <holdfast/os/os.h>
#include <holdfast/token.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/sim/client.h"
#include "harness/sim/decisions.h"
#include "harness/sim/digest.h"
#include "harness/sim/fiber.h"
#include "harness/sim/server.h"
#include "harness/sim/setting.h"

namespace holdfast::harness::sim {

/// No instant of a schedule is as late as this.
inline constexpr Duration kNever = Duration::max() / 4;

class Contender;
class World;
class SimWatch;
struct Process;

/// Thrown where a process ends before its time. Nobody but the world may catch it.
struct Crash {};

/// An operation of the door, as a process asks for it.
struct Operation {
  Call call = Call::status;
  std::string_view path;  ///< rename, link: the source
  std::string_view to{};  ///< rename, link: the target
  std::string_view contents{};
  std::uint32_t mode = 0;
  os::ServerTime time{};
  std::size_t most = 0;
  os::Revalidate revalidate = os::Revalidate::forced;
  os::Listing* listing = nullptr;
  std::string* text = nullptr;
  os::FileStatus* status = nullptr;
};

struct HostState {
  HostState(Server& server, std::size_t index_) : index(index_), client(server) {}

  os::Stamp stamp(Duration now) const;
  os::WallTime wall(Duration now) const;
  /// When a wait of `length`, on this host's clocks, is over in the world.
  Duration after(Duration now, Duration length) const;

  std::size_t index;
  HostSetting setting;
  Client client;
  Duration suspended{};     // what CLOCK_MONOTONIC_RAW has missed
  Duration stands_until{};  // nothing on it runs before
  Duration cut_until{};     // the server cannot be reached before
  std::int64_t next_pid = 0;
  std::vector<SimWatch*> watches;
  std::vector<os::Process> parents;  // of processes on it; alive, and idle
};

/// What a process asks of a fence, and others may notice.
enum class FenceCall : std::uint8_t { raise, publish };

/// Who is told of what happens; all by the world's own knowledge, which no process has.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A process's file operation: its turn has come.
  virtual void begins(const Process&, const Operation&) {}
  /// The server has applied a change of names. `by` may have ended long since.
  virtual void applied(const Request&, const Process& by) { static_cast<void>(by); }
  /// A process has its answer: 0 or an errno value; -1: it never gets one.
  virtual void answered(const Process&, const Operation&, const Fate&, int error) {
    static_cast<void>(error);
  }
  virtual void crashed(const Process&) {}
  /// `forgotten`: how many changes the server has lost by that.
  virtual void happened(const Incident&, std::size_t forgotten) { static_cast<void>(forgotten); }
  /// A process has forked, and goes on as its child.
  virtual void forked(const Process&, bool parent_stays) { static_cast<void>(parent_stays); }

  // What a process asks of its lock, and what it is told. A life of a process, with a lock of its
  // own, goes from comes() to goes(), or to crashed().
  virtual void comes(const Process&) {}
  virtual void acquires(const Process&, Duration patience) { static_cast<void>(patience); }
  virtual void granted(const Process&, const Contender&) {}
  virtual void not_granted(const Process&, std::error_code) {}
  /// `lifetime`: of the lease that it asks for; Round::kForEver: the one that it has.
  virtual void refreshes(const Process&, Duration lifetime) { static_cast<void>(lifetime); }
  virtual void refreshed(const Process&, const Contender&, std::error_code) {}
  virtual void releases(const Process&) {}
  virtual void released(const Process&, std::error_code) {}
  virtual void goes(const Process&) {}
  // Of a resource with a fence, and what it is told by that.
  virtual void asks_fence(const Process&, FenceCall, Token token) { static_cast<void>(token); }
  virtual void fence_told(const Process&, FenceCall, Token, std::error_code) {}
  /// An operator breaks by force what it was shown: the hold of this grant.
  virtual void breaks(const Process&, std::uint64_t shown) { static_cast<void>(shown); }
  virtual void broke(const Process&, std::error_code) {}
  /// Time has passed, in which nobody could do anything.
  virtual void passed() {}
  /// Nobody will ever do anything again, and somebody has not come to an end.
  virtual void stands_still() {}
  /// Its keeper tells it that the lock is lost.
  virtual void told_of_loss(const Process&) {}
  /// What else it does, in words.
  virtual void said(const Process&, const std::string& words) { static_cast<void>(words); }
};

enum class Ending { all_done, stuck, too_long, stopped };

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Everything anew; processes are added afterwards. The references are kept.
  void reset(const Setting& setting, Decisions& decisions, Observer& observer);
  /// A process that runs `body`, and after a crash and a restart again.
  Process& add(const ProcessSetting& setting, std::function<void(Process&)> body);
  /// Until all processes have ended, or those that have not will sleep for ever, or `most` steps
  /// were taken, or stop() was called. What has not ended then has crashed.
  Ending run(std::uint64_t most);
  void stop() { stopped_ = true; }
  /// Another run, after one that has come to its end: nothing goes wrong any more, requests that
  /// are on their way arrive, and this process, anew, is the only one.
  Ending run_latecomer(std::size_t process, std::function<void(Process&)> body, std::uint64_t most);
  /// Until when something is broken or on its way, as far as that has been decided.
  Duration disturbed_until() const;
  /// Another thread of the process that runs: it has clocks and can sleep, and does no file
  /// operation. Whoever starts it joins it. It ends with its process.
  Process& start_thread(Process& process, std::function<void(Process&)> body);
  void join(Process& process, Process& thread);
  /// The process that runs goes on as its own child.
  void fork(Process& process, bool parent_stays);
  /// Whether processes compare stamps and handles of files. Until the next reset().
  void compare_stamps(bool matter) { stamps_matter_ = matter; }
  /// How digests number processes, from now on; kept. Without it there are no digests.
  void number_by(const std::vector<Numbering>* numberings) { numberings_ = numberings; }

  Duration now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  Server& server() { return server_; }
  const Setting& setting() const { return *setting_; }
  HostState& host(std::size_t index) { return *hosts_[index]; }
  std::size_t processes() const { return processes_used_; }
  /// Whether the request that is applied now comes when nobody waits for it.
  bool delivers() const { return delivers_; }
  /// Of this process, that are still to arrive.
  std::size_t late_requests(std::size_t process) const;
  Process& process(std::size_t index) { return *processes_[index]; }

  // The door's side: for the process that runs, or from outside of any.
  std::error_code perform(Process& process, const Operation& operation);
  /// Until then, or until woken.
  os::Wake wait(Process& process, Duration until);
  void wake(Process& process, os::Wake why);
  /// As wait(), and until a stop is requested.
  os::Wake wait(Process& process, Duration until, const std::stop_token& stop);
  std::uint64_t chance(Process& process);
  bool runs(const Process& process) const { return current_ == &process; }

  /// All that decides what can still happen, but for the processes' own memory of what they were
  /// told, which stands for them: see digest.h.
  void add_to(Digest& digest) const;

 private:
  struct Late {
    Duration due;
    Duration leaves;  // its host; before the present: it has
    std::size_t process;
    std::uint64_t first;  // Server::served(), if it is a copy of that; 0: it is none
    Request request;
    std::string name, from_name, contents;  // what the request refers to
  };

  void turn(Process& process);
  void yield(Process& process);
  Process& slot(std::size_t index);
  Ending run_fibers(std::uint64_t most, std::size_t first, std::size_t end);
  void end_fibers();
  void be_born(Process& process);
  Process* pick();
  Actor choose();
  template <class Visit>
  void visit(const Visit& visit) const;
  bool pass(Duration until);
  void live(Process& process);
  void end_process(Process& process);
  void deliver(std::size_t process);
  void happen(std::size_t incident);
  [[noreturn]] void crash(Process& process);

  int prepare(Process& process, const Operation& operation, Request& request);
  int send(Process& process, const Operation& operation, const Request& request, const Fate& fate);
  int execute(Process& process, const Request& request);
  bool reach(Process& process);
  void send_late(const Process& process, const Request& request, Duration delay,
                 std::uint64_t first = 0);
  void hold_back(const HostState& host, Duration until);
  void read_back(Process& process, const Operation& operation, const Request& request, int& error);
  void tell_watches(HostState& host, const Operation& operation);
  Duration latency(const Process& process) const;
  void remember(Told& told, const Operation& operation, int error) const;
  void hide_makings(Inode directory, os::Listing& listing) const;
  bool left_alone(std::size_t process) const;
  void add_host(Digest& digest, const HostState& host) const;
  void add_process(Digest& digest, const Process& process) const;
  void add_late(Digest& digest, const Late& late) const;
  void add_first(Digest& digest, std::uint64_t first) const;
  Duration on_grid(Duration time) const;

  Server server_;
  const Setting* setting_ = nullptr;
  Decisions* decisions_ = nullptr;
  Observer* observer_ = nullptr;
  std::vector<std::unique_ptr<HostState>> hosts_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::size_t used_ = 0;
  std::size_t processes_used_ = 0;  // those behind are threads of these
  std::vector<Late> late_;
  std::vector<bool> happened_;
  Duration now_{};
  Duration down_until_{};  // the server
  std::uint64_t steps_ = 0;
  std::uint64_t most_steps_ = 0;
  Duration disturbed_at_{};  // something came late, or time went on too soon
  bool stopped_ = false;
  bool stuck_ = false;
  bool calm_ = false;  // nothing happens to requests any more
  bool delivers_ = false;
  bool stamps_matter_ = false;
  const std::vector<Numbering>* numberings_ = nullptr;
  Process* current_ = nullptr;
  Process* next_ = nullptr;
  Actor last_ = 0;
  std::vector<Actor> able_;
};

}  // namespace holdfast::harness::sim
