#include "harness/sim/schedule.h"

#include <holdfast/error.h>

#include <cstdio>
#include <exception>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

std::string granted_words(const Contender& lock) {
  char text[80];
  std::snprintf(text, sizeof text, "is granted the lock, token %llu, lease %.3f ms",
                static_cast<unsigned long long>(lock.token()),
                static_cast<double>(lock.remaining().count()) / 1e6);
  return text;
}

}  // namespace

/// The ledger first, so that a witness sees what it made of it.
class Stage::Both final : public Observer {
 public:
  Both(Observer& first, Observer* second) : first_(first), second_(second) {}

  void applied(const Request& request, const Process& by) override {
    first_.applied(request, by);
    if (second_ != nullptr) second_->applied(request, by);
  }
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override {
    first_.answered(process, operation, fate, error);
    if (second_ != nullptr) second_->answered(process, operation, fate, error);
  }
  void crashed(const Process& process) override {
    first_.crashed(process);
    if (second_ != nullptr) second_->crashed(process);
  }
  void happened(const Incident& incident) override {
    first_.happened(incident);
    if (second_ != nullptr) second_->happened(incident);
  }

 private:
  Observer& first_;
  Observer* second_;
};

std::optional<Mistake> Stage::run(const Setting& setting, Decisions& decisions, Observer* witness) {
  kind_ = find_kind(setting.contender);
  witness_ = witness;
  Both both(ledger_, witness);
  world_.reset(setting, decisions, both);
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
  return ledger_.mistake();
}

/// A process's life. The lock's destructor gives back what is still held, unless the process has
/// crashed: then every operation in it throws.
void Stage::work(Process& process, const Setting& setting) {
  const std::vector<Round>& rounds = process.setting->rounds;
  std::size_t& round = rounds_[process.index];
  if (round >= rounds.size()) return;
  try {
    const auto lock = kind_->make(setting, process.system());
    while (round < rounds.size()) take_turn(process, *lock, rounds[round++]);
  } catch (const std::exception& exception) {
    ledger_.threw(process, exception.what());
  }
}

void Stage::take_turn(Process& process, Contender& lock, const Round& round) {
  process.door.sleep(round.before, {});
  say(process, "asks for the lock");
  ledger_.acquires(process, round.patience);
  const std::error_code refused = lock.acquire(round.patience);
  if (refused) {
    ledger_.not_granted(process, refused);
    say(process, "is not granted it", refused);
    if (refused != Errc::outcome_unknown) return;
  } else {
    ledger_.granted(process, lock);
    if (witness_ != nullptr) say(process, granted_words(lock));
    stay_inside(process, lock, round);
  }
  say(process, "gives it back");
  ledger_.releases(process);
  const std::error_code error = lock.release();
  ledger_.released(process, error);
  say(process, error ? "has not given it back" : "has given it back", error);
}

void Stage::say(const Process& process, const std::string& words, std::error_code error) {
  if (witness_ == nullptr) return;
  witness_->said(process, error ? words + ": " + error.message() : words);
}

void Stage::stay_inside(Process& process, Contender& lock, const Round& round) {
  const Duration part = round.hold / (round.refreshes + 1);
  process.door.sleep(part, {});
  for (int i = 0; i < round.refreshes; ++i) {
    say(process, "renews its lease");
    const std::error_code error = lock.refresh();
    ledger_.refreshed(process, error);
    say(process, error ? "has not renewed it" : "has renewed it", error);
    if (error == Errc::lost) return;
    process.door.sleep(part, {});
  }
}

}  // namespace holdfast::harness::sim
