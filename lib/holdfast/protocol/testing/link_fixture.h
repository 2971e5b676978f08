// What the tests of `link` share: two hosts that meet at one lock, and what there is to see of it.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/protocol/testing/world.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace holdfast::testing {

class LinkFixture : public ::testing::Test {
 protected:
  std::error_code take(Protocol& lock, Patience patience = Patience::none()) {
    std::error_code error;
    grant = lock.acquire(patience, {}, error);
    return error;
  }
  std::error_code give(Protocol& lock) {
    std::error_code error;
    lock.release(error);
    return error;
  }
  std::error_code renew(Protocol& lock, Duration lifetime = std::chrono::seconds(15)) {
    std::error_code error;
    lock.refresh(lifetime, error);
    return error;
  }
  State state_of(Protocol& lock) {
    std::error_code error;
    const State state = lock.state(error);
    EXPECT_FALSE(error) << error.message();
    return state;
  }
  /// The name of a claim of LOCK.
  static std::string claim_name(const std::string& host, std::int64_t pid,
                                std::uint64_t random = 4711) {
    return ClaimForm("LOCK", "|").path({host, pid, random});
  }
  /// LOCK as flufl.lock leaves it on another host, which calls the directory by another path.
  /// It expires `from_now`.
  std::string foreign_lock(Duration from_now, const std::string& host = "elsewhere",
                           std::int64_t pid = 99) {
    const std::string claim = claim_name(host, pid);
    world.write(claim, "/their/mount/" + claim);
    world.set_modified(claim, from_now);
    EXPECT_FALSE(os::native().files->link(world.scratch.path() + '/' + claim, world.lock_path()));
    return claim;
  }
  /// What is beside the lock, without the breakers' baton.
  std::vector<std::string> litter() const {
    std::vector<std::string> names = world.siblings();
    std::erase(names, "LOCK.break");
    return names;
  }

  World world;
  Party& a = world.party("a.example", 11, 1001);
  Party& b = world.party("b.example", 22, 1002);
  Grant grant;
};

}  // namespace holdfast::testing
