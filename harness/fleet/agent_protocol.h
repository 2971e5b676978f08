// What the controller and an agent, and an agent and a worker, say to each other.
//
// One JSON object a line: {"do": ...} downwards on standard input, {"is": ...} upwards on standard
// output. The first line each way is a greeting with the version of the protocol; peers of another
// version part at once. The end of standard input means: the one above is gone. An agent then kills
// all that it started; a worker ends in order, and waits for no echo any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "harness/fleet/orders.h"
#include "harness/fleet/parcel.h"
#include "harness/history/history.h"
#include "harness/nemesis/schedule.h"
#include "harness/result/result.h"
#include "harness/workload/plan.h"

namespace holdfast::harness {

inline constexpr int kAgentProtocol = 5;

// Controller to agent, in this order; strikes as often as there are any.
struct Hello {
  int version = kAgentProtocol;
};
/// Start the workers; they wait.
struct Prepare {
  HostOrders orders;
};
/// Let them work.
struct Go {};
struct Inject {
  Strike strike;
};
/// Ask the workers to end in order; kill those that have not after `grace_ns`.
struct Finish {
  std::int64_t grace_ns = 0;
};
/// What does your recorder's clock show? Asked all through the run of hosts with a clock of their
/// own.
struct AskClock {
  std::int64_t sent_ns = 0;  ///< controller's clock
};
/// So many bytes of a parcel are written.
struct Kept {
  std::uint64_t bytes = 0;
};
/// When a notice was heard, for the worker that waits for it.
struct Echo {
  std::uint64_t index = 0;  ///< as in the notice
  std::uint64_t life = 0;   ///< likewise
  std::int64_t at_ns = 0;   ///< controller's recorder's clock; no two echoes have the same
};
using ToAgent = std::variant<Hello, Prepare, Go, Inject, Finish, AskClock, Kept, Echo>;

// Agent to controller.
struct Greeting {
  int version = kAgentProtocol;
  std::int64_t pid = 0;
  std::string clock;  ///< recorder_clock(): equal to the controller's means that it is the same one
};
struct ClockTold {
  std::int64_t sent_ns = 0;      ///< as it was asked
  std::int64_t got_ns = 0;       ///< host's clock
  std::int64_t answered_ns = 0;  ///< host's clock
};
/// All workers wait for the start.
struct Prepared {};
/// Several times a second.
struct Tally {
  std::uint64_t grants = 0;   ///< of all workers so far, those that have ended included
  std::uint64_t workers = 0;  ///< that are at work now
};
/// A fault was injected, or could not be.
struct Struck {
  Fault fault;
  bool over = true;  ///< false: it is in force (a bent clock), and will be said again when it ends
};
/// No worker of this host was inside when one was looked for: ask the next host.
struct NobodyInside {
  std::uint32_t strike = 0;  ///< its id
};
/// Ordered mode: a worker is inside, or is about to leave, and waits for the echo.
struct Notice {
  std::uint64_t index = 0;  ///< of its slot on this host
  std::uint64_t life = 0;   ///< which worker in that slot; another one must not get the echo
};
/// All workers have been asked to end.
struct Finishing {
  std::int64_t at_ns = 0;  ///< recorder's clock
};
/// All workers have ended, and all processes that they left are gone.
struct Finished {};
/// The run cannot go on.
struct Trouble {
  Problem problem;
};
using FromAgent = std::variant<Greeting, ClockTold, Prepared, Tally, Struck, NobodyInside, Notice,
                               Finishing, Parcel, Finished, Trouble>;

/// Names the clock that the recorder reads here: the kernel's since its boot, in this process's
/// time namespace. Empty: it cannot be told.
std::string recorder_clock();

// Agent to worker: the plan, with the protocol's version, and then the lines "go" and, in the end,
// "end". In ordered mode "echo" and the instant for each of its notices, also after "end".
// Worker to agent.
struct WorkerPrepared {};
/// Ordered mode: it is inside, or is about to leave, and waits.
struct WorkerNotice {};
struct WorkerEnded {
  bool in_order = true;  ///< false: its contender program ended
};
using FromWorker = std::variant<WorkerPrepared, WorkerNotice, WorkerEnded, Trouble>;

// To text: one line without its end. From text: what is wrong with a line is said with its
// beginning.
std::string to_line(const ToAgent& message);
std::string to_line(const FromAgent& message);
std::string to_line(const FromWorker& message);
std::string to_line(const WorkerPlan& plan);
Result<ToAgent> read_to_agent(const std::string& line);
Result<FromAgent> read_from_agent(const std::string& line);
Result<FromWorker> read_from_worker(const std::string& line);
Result<WorkerPlan> read_worker_plan(const std::string& line);

/// What a worker is told after its plan.
inline constexpr const char* kGoLine = "go";
inline constexpr const char* kEndLine = "end";
std::string echo_line(std::int64_t at_ns);
/// The instant, if it is such a line.
std::optional<std::int64_t> read_echo(const std::string& line);

}  // namespace holdfast::harness
