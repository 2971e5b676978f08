#include "harness/contender/logical_host.h"

#include <utility>

namespace holdfast::harness {
namespace {

/// Translates the processes that a lock asks it to watch.
class SeparateWatch final : public os::Watch {
 public:
  SeparateWatch(SeparateHost& host, std::unique_ptr<os::Watch> watch)
      : host_(host), watch_(std::move(watch)) {}

  void watch_process(const std::optional<os::Process>& process) override {
    watch_->watch_process(process ? host_.here(*process) : std::nullopt);
  }
  void spin(Duration at_most) override { watch_->spin(at_most); }
  os::Wake wait(Duration at_most, const std::stop_token& stop) override {
    return watch_->wait(at_most, stop);
  }
  const std::string& arrived() const override { return watch_->arrived(); }
  bool notified() const override { return watch_->notified(); }

 private:
  SeparateHost& host_;
  std::unique_ptr<os::Watch> watch_;
};

}  // namespace

SeparateHost::SeparateHost(os::Host& host, std::string name)
    : host_(host), name_(std::move(name)) {}

std::uint64_t SeparateHost::machine(const os::Process& real) const {
  if (real.machine == 0) return 0;
  // FNV-1a over the name, from the real machine's value.
  std::uint64_t hash = real.machine ^ 0xcbf29ce484222325U;
  for (const char letter : name_) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return hash == 0 ? 1 : hash;
}

os::Process SeparateHost::self() {
  os::Process process = host_.self();
  process.machine = machine(process);
  process.host = name_;
  return process;
}

std::optional<os::Process> SeparateHost::here(const os::Process& process) {
  const os::Process real = host_.self();
  if (real.machine == 0 || process.machine != machine(real) || process.host != name_) {
    return std::nullopt;
  }
  os::Process translated = process;
  translated.host = real.host;
  translated.machine = real.machine;
  return translated;
}

os::Life SeparateHost::life(const os::Process& process) {
  const auto real = here(process);
  return real ? host_.life(*real) : os::Life::not_proved_dead;
}

std::unique_ptr<os::Watch> SeparateHost::watch(const std::string& directory) {
  return std::make_unique<SeparateWatch>(*this, host_.watch(directory));
}

}  // namespace holdfast::harness
