// For tests of one mishap or one memory at a time: processes that do what a test says, on a host
// each, and a file "/a".
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {

/// Fates by process and operation; whoever comes last in the list of the able goes on, if wanted.
class Script final : public Decisions {
 public:
  std::size_t next(const Turn& turn) override {
    return others_first ? turn.able.size() - 1 : turn.usual;
  }
  Fate fate(const Sending& sending) override {
    const auto found = fates.find({sending.process, sending.operation});
    return found == fates.end() ? Fate{} : found->second;
  }
  std::map<std::pair<std::size_t, std::uint32_t>, Fate> fates;
  bool others_first = false;
};

class NetworkTest : public ::testing::Test {
 protected:
  using Body = std::function<void(Process&)>;

  /// Every body is a process on a host of its own.
  Ending run(std::vector<Body> bodies) {
    setting_.hosts.resize(bodies.size());
    setting_.processes.resize(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) setting_.processes[i].host = i;
    world_.reset(setting_, script_, observer_);
    world_.server().execute({.call = Call::create, .place = {Server::kRoot, "a"}});
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      world_.add(setting_.processes[i], std::move(bodies[i]));
    }
    return world_.run(10'000);
  }
  std::string names() {
    std::string all;
    for (const Entry& entry : world_.server().find(Server::kRoot)->entries) {
      all += entry.name + " ";
    }
    return all;
  }
  static int code(const std::error_code& error) { return error.value(); }

  Setting setting_;
  Script script_;
  os::Listing listing_;
  Observer observer_;
  World world_;
};

inline constexpr Duration kShort = std::chrono::milliseconds(5);

}  // namespace holdfast::harness::sim
