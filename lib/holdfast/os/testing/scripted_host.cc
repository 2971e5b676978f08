#include <holdfast/os/testing/scripted_host.h>

namespace holdfast::os::testing {
namespace {

class ScriptedWatch final : public Watch {
 public:
  explicit ScriptedWatch(ScriptedHost& host) : host_(host) {}
  void watch_process(const std::optional<Process>&) override {}
  void spin(Duration at_most) override { host_.spins = at_most; }
  Wake wait(Duration at_most, const std::stop_token& stop) override {
    const Wake wake = host_.sleep(at_most, stop);
    arrived_ = wake == Wake::changed ? host_.arrives : std::string();
    return wake;
  }
  const std::string& arrived() const override { return arrived_; }
  bool notified() const override { return host_.notifies; }

 private:
  ScriptedHost& host_;
  std::string arrived_;
};

}  // namespace

std::unique_ptr<Watch> ScriptedHost::watch(const std::string&) {
  return std::make_unique<ScriptedWatch>(*this);
}

Wake ScriptedHost::sleep(Duration at_most, const std::stop_token& stop) {
  ++waits;
  if (stop.stop_requested()) return Wake::stopped;
  const Wake wake = on_wait ? on_wait(at_most) : Wake::elapsed;
  if (stop.stop_requested()) return Wake::stopped;
  if (wake == Wake::elapsed) {
    waited += at_most;
    clock_.advance(at_most);
  }
  return wake;
}

}  // namespace holdfast::os::testing
