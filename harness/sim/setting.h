// What one schedule starts from: the hosts, their clocks and mounts, the server, what each process
// does, and what befalls hosts and server at given times. Everything else that happens in a
// schedule is a decision (decisions.h), taken while it runs.
#pragma once

#include <holdfast/options.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sim/client.h"

namespace holdfast::harness::sim {

/// How a host tells time, against the world's.
struct HostClock {
  Duration wall_offset{};
  std::int64_t rate_ppm = 0;  ///< by how much its clocks run faster; of the contract up to drift/2

  bool operator==(const HostClock&) const = default;
};

struct HostSetting {
  std::string name = "a";
  std::uint64_t machine = 1;  ///< containers of one machine may share a name and differ here
  std::int64_t first_pid = 100;
  HostClock clock;
};

/// One turn of a process: acquire, hold, release; and what it does beside, as far as its lock can.
struct Round {
  Duration before{};             ///< from the last release
  Duration patience = kForEver;  ///< of the acquire
  Duration hold{};               ///< how long it stays inside
  int refreshes = 0;             ///< spread over the hold
  Duration refresh_every{};      ///< 0: so; else the last part of the hold is the longest
  static constexpr Duration kForEver = Duration::max();

  Duration stop_after = kForEver;  ///< the acquire is told to stop
  std::uint64_t tokens_ahead = 0;  ///< it wants a token that much above the last it had; 0: any
  bool breaks = false;             ///< it breaks the hold that it is shown first, by force
  bool asks = false;               ///< what the lock's state is, before and while it is inside
  bool keeper = false;             ///< a LeaseKeeper renews while it is inside
  Duration renewed_for{};          ///< refreshes ask for this lifetime; 0: the lock's own
  bool unconditionally = false;    ///< refresh and release are the unconditional ones
  bool writes = false;             ///< to a resource with a fence, first and last thing inside
  bool collects = false;           ///< what the fence needs no more, in between
  enum class Fork : std::uint8_t {
    none,
    child,   ///< it goes on as its own child; the parent holds the lock, and does nothing more
    daemon,  ///< the same, and the parent ends at once
  };
  Fork fork = Fork::none;  ///< when it has been inside for a while

  bool operator==(const Round&) const = default;
};

const char* word(Round::Fork fork);

struct ProcessSetting {
  std::size_t host = 0;
  std::vector<Round> rounds;
  Duration restart_after{};  ///< a crash; 0: never
  bool same_pid = false;     ///< after the restart: the pid is used again
};

/// What befalls a host or the server.
struct Incident {
  enum class Kind : std::uint8_t {
    server_crash,  ///< down for `length`; forgets up to `amount` changes of an async export
    partition,     ///< the host cannot reach the server for `length`
    suspend,       ///< the host stands still for `length`, and so does CLOCK_MONOTONIC_RAW
    pause,         ///< no process on the host runs for `length`; its clocks do
    clock_step,    ///< of the host's wall clock, by `amount` ns
    host_crash,    ///< with all its processes
  };
  Kind kind = Kind::pause;
  Duration at{};
  std::size_t host = 0;
  Duration length{};
  std::int64_t amount = 0;
};

const char* word(Incident::Kind kind);

struct Setting {
  std::string contender = "baton";
  Options options;
  std::vector<HostSetting> hosts{1};
  std::vector<ProcessSetting> processes;
  Mount mount;
  ServerSetting server;
  std::vector<Incident> incidents;
  bool lock_exists = true;  ///< made before the processes start
  /// Whether a listing of the share shows what is made beside the lock.
  bool shows_makings = true;
  std::uint64_t latency_seed = 0;  ///< each request takes its own time; 0: none takes any
  static constexpr Duration kMostLatency = std::chrono::milliseconds(2);
  std::uint64_t chance_seed = 1;  ///< of the random bits that processes ask for
  /// When all is over and nothing goes wrong any more, somebody still gets the lock.
  bool latecomer = false;
  /// Time goes in steps of this, and may go on although somebody could do something; 0: neither.
  Duration clock_step{};
};

/// By how much one wall clock is ahead of another, or comes to be, at most; rates are left out.
Duration wall_clocks_apart(const Setting& setting);

}  // namespace holdfast::harness::sim
