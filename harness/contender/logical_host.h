// A host that is a part of this machine, and says so or not.
//
// Several logical hosts of a run live on one kernel. Where a scenario gives them separate machines,
// each has a host name and a machine of its own, as if nobody could look into another's process
// table: then nothing can be proved across, and recovery must do without. Within one logical host
// the real kernel still answers.
#pragma once

#include <holdfast/os/os.h>

#include <string>

namespace holdfast::harness {

class SeparateHost final : public os::Host {
 public:
  /// `host` is the real one.
  SeparateHost(os::Host& host, std::string name);

  os::Process self() override;
  os::Life life(const os::Process& process) override;
  std::uint64_t random_bits() override { return host_.random_bits(); }
  std::uint64_t fork_count() override { return host_.fork_count(); }
  std::unique_ptr<os::Watch> watch(const std::string& directory) override;
  os::Wake sleep(Duration at_most, const std::stop_token& stop) override {
    return host_.sleep(at_most, stop);
  }

  /// The same process as the real kernel knows it; nullopt: it is not of this host.
  std::optional<os::Process> here(const os::Process& process);

 private:
  /// 0 stays 0: what cannot be proved on the real machine cannot be proved on a part of it.
  std::uint64_t machine(const os::Process& real) const;

  os::Host& host_;
  std::string name_;
};

}  // namespace holdfast::harness
