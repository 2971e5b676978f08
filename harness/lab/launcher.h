// Agents in the guests of a lab.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "harness/fleet/launcher.h"
#include "harness/lab/lab.h"

namespace holdfast::harness::lab {

/// Threads: host_goes_down and host_is_back from any; the rest from the fleet's.
class LabLauncher final : public Launcher {
 public:
  /// `lab` must outlive it, and shares the run's folder.
  /// `program`: this very one; `logs`: folder for the agents' standard error.
  LabLauncher(const Lab& lab, std::string program, std::string logs)
      : lab_(lab), program_(std::move(program)), logs_(std::move(logs)) {}

  HostPlaces places(const HostSeat& host, const Places& run) const override;
  void launch(boost::asio::io_context& context, const HostSeat& host, Connected connected) override;
  void kill(const HostSeat& host) override { hang_up(host.name); }
  bool returns(const HostSeat& host) const override;
  std::vector<pid_t> helpers() const override { return {lab_.process()}; }

  /// From here on the loss of this host's agent is no loss for good.
  void host_goes_down(const std::string& host);
  /// Its power was cut: a connection to a kernel that is gone says nothing by itself.
  void host_is_down(const std::string& host) { hang_up(host); }
  /// It has booted. Its agent is started, if it has not been.
  void host_is_back(const std::string& host);

 private:
  struct Attempt;
  void attempt(const std::shared_ptr<Attempt>& of);
  Result<AgentStreams> start(const HostSeat& host);
  void hang_up(const std::string& host);
  bool is_down(const std::string& host) const;

  const Lab& lab_;
  std::string program_;
  std::string logs_;
  mutable std::mutex mutex_;
  std::map<std::string, Descriptor> lines_;  ///< a second handle of each connection
  std::set<std::string> down_;
};

}  // namespace holdfast::harness::lab
