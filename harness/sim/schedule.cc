#include "harness/sim/schedule.h"

#include <exception>

#include "harness/sim/process.h"
#include "harness/sim/user.h"

namespace holdfast::harness::sim {
/// The ledger first, so that a witness sees what it made of it.
class Stage::Both final : public Observer {
 public:
  Both(Observer& first, Observer& second) : first_(first), second_(second) {}

  void begins(const Process& process, const Operation& operation) override {
    first_.begins(process, operation);
    second_.begins(process, operation);
  }
  void applied(const Request& request, const Process& by) override {
    first_.applied(request, by);
    second_.applied(request, by);
  }
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override {
    first_.answered(process, operation, fate, error);
    second_.answered(process, operation, fate, error);
  }
  void crashed(const Process& process) override {
    first_.crashed(process);
    second_.crashed(process);
  }
  void happened(const Incident& incident, std::size_t forgotten) override {
    first_.happened(incident, forgotten);
    second_.happened(incident, forgotten);
  }
  void comes(const Process& process) override {
    first_.comes(process);
    second_.comes(process);
  }
  void acquires(const Process& process, Duration patience) override {
    first_.acquires(process, patience);
    second_.acquires(process, patience);
  }
  void granted(const Process& process, const Contender& lock) override {
    first_.granted(process, lock);
    second_.granted(process, lock);
  }
  void not_granted(const Process& process, std::error_code error) override {
    first_.not_granted(process, error);
    second_.not_granted(process, error);
  }
  void refreshes(const Process& process, Duration lifetime) override {
    first_.refreshes(process, lifetime);
    second_.refreshes(process, lifetime);
  }
  void refreshed(const Process& process, const Contender& lock, std::error_code error) override {
    first_.refreshed(process, lock, error);
    second_.refreshed(process, lock, error);
  }
  void releases(const Process& process) override {
    first_.releases(process);
    second_.releases(process);
  }
  void released(const Process& process, std::error_code error) override {
    first_.released(process, error);
    second_.released(process, error);
  }
  void forked(const Process& process, bool parent_stays) override {
    first_.forked(process, parent_stays);
    second_.forked(process, parent_stays);
  }
  void said(const Process& process, const std::string& words) override {
    first_.said(process, words);
    second_.said(process, words);
  }
  void passed() override {
    first_.passed();
    second_.passed();
  }
  void stands_still() override {
    first_.stands_still();
    second_.stands_still();
  }
  void goes(const Process& process) override {
    first_.goes(process);
    second_.goes(process);
  }
  void asks_fence(const Process& process, FenceCall call, Token token) override {
    first_.asks_fence(process, call, token);
    second_.asks_fence(process, call, token);
  }
  void fence_told(const Process& process, FenceCall call, Token token,
                  std::error_code error) override {
    first_.fence_told(process, call, token, error);
    second_.fence_told(process, call, token, error);
  }
  void breaks(const Process& process, std::uint64_t shown) override {
    first_.breaks(process, shown);
    second_.breaks(process, shown);
  }
  void broke(const Process& process, std::error_code error) override {
    first_.broke(process, error);
    second_.broke(process, error);
  }
  void told_of_loss(const Process& process) override {
    first_.told_of_loss(process);
    second_.told_of_loss(process);
  }

 private:
  Observer& first_;
  Observer& second_;
};

std::optional<Mistake> Stage::run(const Setting& setting, Decisions& decisions, Observer* witness) {
  kind_ = find_kind(setting.contender);
  Both both(ledger_, witness == nullptr ? ledger_ : *witness);
  audience_ = &ledger_;
  if (witness != nullptr) audience_ = &both;
  world_.reset(setting, decisions, *audience_);
  ledger_.reset(world_, *kind_);
  world_.compare_stamps(kind_->wall_clocks || setting.options.server_clock);
  Server& server = world_.server();
  server.execute({.call = Call::make_directory, .place = {Server::kRoot, "share"}, .mode = 0777});
  if (setting.lock_exists && kind_->prepare != nullptr) kind_->prepare(server);
  rounds_.assign(setting.processes.size(), 0);
  for (const ProcessSetting& process : setting.processes) {
    world_.add(process, [this, &setting](Process& self) { work(self, setting); });
  }
  const Ending ending = world_.run(kMostSteps);
  counts_ = ledger_.counts();
  counts_.schedules = 1;
  counts_.steps = world_.steps();
  counts_.too_long = ending == Ending::too_long ? 1 : 0;
  const bool may_come = decisions.ends() && ending != Ending::stopped;
  if (may_come && setting.latecomer) let_latecomer_come(setting);
  return ledger_.mistake();
}

/// A process's life. The lock's destructor gives back what is still held, unless the process has
/// crashed: then every operation in it throws.
void Stage::work(Process& process, const Setting& setting) {
  const std::vector<Round>& rounds = process.setting->rounds;
  std::size_t& round = rounds_[process.index];
  if (round >= rounds.size()) return;
  audience_->comes(process);
  try {
    const auto lock = kind_->make(setting, process.system());
    User user(world_, ledger_, *audience_, process, *lock);
    while (round < rounds.size()) user.take_turn(rounds[round++]);
  } catch (const std::exception& exception) {
    ledger_.threw(process, exception.what());
  }
  audience_->goes(process);
}

void Stage::let_latecomer_come(const Setting& setting) {
  ledger_.latecomer_comes();
  const Duration begun = world_.now();
  const auto come = [this, &setting](Process& self) { come_late(self, setting); };
  // Where there is one schedule of each kind, it is the one that can prove nothing.
  const bool stranger = setting.clock_step > Duration::zero();
  const std::size_t who = stranger ? ledger_.stranger() : 0;
  if (world_.run_latecomer(who, come, kMostSteps) != Ending::too_long) return;
  // It may come to it yet, in time; where no time passes, it never will.
  counts_.too_long = 1;
  if (world_.now() - begun < std::chrono::seconds(1)) ledger_.latecomer_gave_up();
}

/// Whatever state everybody has left behind, the lock is to be had.
void Stage::come_late(Process& process, const Setting& setting) {
  audience_->comes(process);
  try {
    const auto lock = kind_->make(setting, process.system());
    User(world_, ledger_, *audience_, process, *lock).take_turn({});
  } catch (const std::exception& exception) {
    ledger_.threw(process, exception.what());
  }
  audience_->goes(process);
}

}  // namespace holdfast::harness::sim
