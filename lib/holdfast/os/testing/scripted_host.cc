#include <holdfast/os/testing/scripted_host.h>

namespace holdfast::os::testing {
namespace {

class ScriptedWatch final : public Watch {
 public:
  explicit ScriptedWatch(ScriptedHost& host) : host_(host) {}
  void watch_process(const std::optional<Process>&) override {}
  Wake wait(Duration at_most, const std::stop_token& stop) override {
    return host_.sleep(at_most, stop);
  }
  bool notified() const override { return false; }

 private:
  ScriptedHost& host_;
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
