// A recorder that keeps events in memory, for tests.
#pragma once

#include <string>
#include <vector>

#include "harness/history/recorder.h"

namespace holdfast::harness {

struct Recorded {
  Event event;
  std::string name;
  std::string other;
};

class TestRecorder final : public Recorder {
 public:
  void record(Event event, const std::string& name, const std::string& other) override {
    event.at_ns = ++clock_;
    all.push_back({event, name, other});
  }
  bool failed() const override { return full; }

  std::vector<Recorded> all;
  bool full = false;

 private:
  std::int64_t clock_ = 0;
};

}  // namespace holdfast::harness
