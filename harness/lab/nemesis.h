// Faults of whole machines and of the network between them, each measured.
//
// Every line of the scenario has a thread of its own, which waits for its time, does what is to be
// done, sees that it took effect, makes it undone and logs it. Two faults never have one machine at
// the same time: the second waits. What a crash needs to be over must fit before the run's end.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "harness/history/history.h"
#include "harness/lab/lab.h"
#include "harness/lab/launcher.h"
#include "harness/lab/mountstats.h"
#include "harness/random/random.h"

namespace holdfast::harness::lab {

struct NemesisOrders {
  LabSpec spec;
  std::uint64_t seed = 0;
  std::string run;  ///< the run's folder, where faults are logged
  std::optional<std::chrono::nanoseconds> duration;
};

/// What a nemesis does things to. Threads: any.
struct NemesisDoors {
  /// As Lab has them.
  std::function<Result<nlohmann::json>(const nlohmann::json&)> ask_keeper;
  std::function<Result<nlohmann::json>(const std::string&, const nlohmann::json&,
                                       std::chrono::milliseconds)>
      ask_guest;
  std::function<Result<void>(const std::string&, std::chrono::milliseconds)> wait_for;
  /// As LabLauncher has them.
  std::function<void(const std::string&)> host_goes_down, host_is_down, host_is_back;
  std::function<std::chrono::steady_clock::time_point()> now;
  /// Comes back early when a stop is requested.
  std::function<void(const std::stop_token&, std::chrono::nanoseconds)> sleep;
};
/// Of a real lab. Both must outlive the doors.
NemesisDoors doors_of(const Lab& lab, LabLauncher& launcher);

class Nemesis {
 public:
  Nemesis(NemesisDoors doors, NemesisOrders orders);
  ~Nemesis();
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  /// The run begins.
  void begin();
  /// The run ends: nothing new is done, and what is done is being undone. Does not wait.
  void stop();
  /// Waits until all is as it was: after stop(), or when each fault has struck as often as it is
  /// to.
  void finish();
  /// Faults that took effect so far, by kind. Threads: any.
  std::map<std::string, std::uint64_t> effective() const;

 private:
  using Clock = std::chrono::steady_clock;

  void follow(const std::stop_token& stop, const LabFault& spec, Random random);
  void strike(const std::stop_token& stop, const LabFault& spec, Random& random);
  void crash_host(const std::stop_token& stop, const std::string& host, Fault fault,
                  std::chrono::nanoseconds length);
  void pause(const std::stop_token& stop, const std::string& guest, Fault fault,
             std::chrono::nanoseconds length);
  void partition(const std::stop_token& stop, const std::string& host, const std::string& what,
                 Fault fault, std::chrono::nanoseconds length);
  void delay(const std::stop_token& stop, const std::string& host, const LabFault& spec,
             Fault fault, std::chrono::nanoseconds length);
  void crash_server(const std::stop_token& stop, Fault fault, std::chrono::nanoseconds length);
  void set_server_clock(const LabFault& spec, Fault fault);
  void lose_reply(const std::stop_token& stop, const std::string& host, Fault fault,
                  std::chrono::nanoseconds length);
  bool drops(const std::stop_token& stop, const std::string& host, int most) const;
  /// Drops replies to the host, from one to a change on where the protocol shows which that is
  /// (version 3) and one comes within five seconds; and then cuts the server's power.
  Result<void> lose_and_crash(const std::stop_token& stop, const std::string& host,
                              std::chrono::nanoseconds length);

  /// Cuts a guest's power, waits, and boots it; then it is ready.
  Result<void> crash_and_boot(const std::stop_token& stop, const std::string& guest,
                              std::chrono::nanoseconds length);
  /// What the host's kernel counts; empty: it does not tell.
  NfsCounts counts(const std::string& host) const;
  /// Waits, for ten seconds at most, until the host has got answers to what it sent once more:
  /// "sent again RENAME 2, LOOKUP 1"; empty: nothing, as far as it tells.
  std::string sent_again(const std::stop_token& stop, const std::string& host,
                         const NfsCounts& before) const;
  /// What the server's disk shows.
  Result<std::string> export_now() const;
  /// What is left of the run, at most `wanted`.
  std::chrono::nanoseconds within_run(std::chrono::nanoseconds wanted) const;
  void log(Fault fault, const Result<void>& done);

  NemesisDoors doors_;
  NemesisOrders orders_;
  Clock::time_point end_ = Clock::time_point::max();
  std::atomic<std::uint32_t> next_id_;
  std::map<std::string, std::mutex> machines_;  ///< held by whoever does something to one
  std::map<std::string, std::uint64_t> effective_;
  mutable std::mutex mutex_;  ///< of the log, and of what took effect
  std::vector<std::jthread> threads_;
};

}  // namespace holdfast::harness::lab
