// Processes on hosts of their own that fight for one baton, in a file system in memory: for tests
// that try every fault at every file operation, thousands of times.
//
// How it differs from the real thing: time passes only in waits and where a test says so, and no
// file operation takes any. Whoever is granted the lock is compared with everybody else at once.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/os/testing/faulty_files.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scripted_host.h>
#include <holdfast/protocol/baton.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::testing {

struct BatonActor;

struct BatonScene {
  os::testing::ManualClock clock;
  os::testing::MemoryFiles disk{clock};
  std::vector<BatonActor*> actors;
  std::int64_t last_pid = 100;
  Token last_token = 0;
  bool exclusive = true;  ///< false once somebody has broken the lock by force
  Options chosen;         ///< everybody's

  explicit BatonScene(const Options& all = options()) : chosen(all) {
    EXPECT_FALSE(disk.make_directory("/d", 0777));
  }

  static std::string path() { return "/d/LOCK"; }
  static Options options() {
    Options options;
    options.lifetime = std::chrono::seconds(1);
    return options;
  }
  /// The states in the lock's directory, or in another. A probe that arrived late may be beside
  /// them.
  std::vector<std::string> states(const std::string& place = path()) {
    os::Listing listing;
    static_cast<void>(disk.list(place, 100, listing));
    std::erase_if(listing.names, [](const std::string& name) { return !is_state_name(name); });
    return listing.names;
  }
  /// The only state; empty if there is none, or more.
  std::string value() {
    const std::vector<std::string> names = states();
    return names.size() == 1 ? names.front() : std::string();
  }
  BatonState state() { return parse_state(value()).value_or(BatonState{}); }
  /// How many believe that they hold the lock.
  std::size_t holders() const;
  /// Whether the lock's state names this process.
  bool names(const BatonActor& actor);
};

struct BatonActor {
  BatonScene& scene;
  os::testing::FaultyFiles files{scene.disk};
  os::testing::ScriptedHost host;
  Baton baton;

  explicit BatonActor(BatonScene& shared, std::uint64_t machine = 0)
      : scene(shared),
        host(scene.clock, {"h", ++scene.last_pid, 1, machine}),
        baton(BatonScene::path(), scene.chosen, {&files, &scene.clock, &host}) {
    scene.actors.push_back(this);
  }
  ~BatonActor() { std::erase(scene.actors, this); }
  BatonActor(const BatonActor&) = delete;
  BatonActor& operator=(const BatonActor&) = delete;

  /// Every grant is looked at: nobody else holds the lock, and no earlier token was as high.
  std::error_code acquire(Patience patience = Patience::none(), Token least = 0) {
    std::error_code error;
    Request request;
    request.min_token = least;
    const Grant grant = baton.acquire(patience, request, error);
    if (error) return error;
    EXPECT_GT(grant.token, scene.last_token) << "tokens go strictly up";
    EXPECT_GE(grant.token, least);
    scene.last_token = std::max(scene.last_token, grant.token);
    if (scene.exclusive) {
      EXPECT_EQ(scene.holders(), 1u) << "two are entitled";
    }
    EXPECT_TRUE(baton.held());
    return {};
  }
  std::error_code refresh() {
    std::error_code error;
    baton.refresh(BatonScene::options().lifetime, error);
    if (scene.exclusive) {
      EXPECT_LE(scene.holders(), 1u) << "two are entitled";
    }
    return error;
  }
  std::error_code release() {
    std::error_code error;
    baton.release(error);
    EXPECT_FALSE(baton.held());
    return error;
  }
  std::error_code break_shown(const std::string& shown) {
    std::error_code error;
    scene.exclusive = false;
    baton.break_shown(shown, error);
    return error;
  }
};

inline std::size_t BatonScene::holders() const {
  std::size_t count = 0;
  for (const BatonActor* actor : actors) count += actor->baton.held() ? 1 : 0;
  return count;
}

inline bool BatonScene::names(const BatonActor& actor) {
  const BatonState now = state();
  return now.held &&
         now.pid == static_cast<std::uint64_t>(const_cast<BatonActor&>(actor).host.self().pid);
}

}  // namespace holdfast::testing
