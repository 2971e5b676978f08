// Two processes on hosts of their own and the lock that they share, for tests of a baton's life.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/testing/world.h>

#include <chrono>
#include <optional>
#include <string>

namespace holdfast::testing {

class BatonFixture : public ::testing::Test {
 protected:
  std::error_code take(Baton& baton, Patience patience = Patience::none(), Token least = 0) {
    std::error_code error;
    Request request;
    request.min_token = least;
    grant_ = baton.acquire(patience, request, error);
    return error;
  }
  std::error_code give(Baton& baton) {
    std::error_code error;
    baton.release(error);
    return error;
  }
  std::error_code renew(Baton& baton, Duration lifetime = std::chrono::seconds(15)) {
    std::error_code error;
    baton.refresh(lifetime, error);
    return error;
  }
  State state_of(Baton& baton) {
    std::error_code error;
    const State state = baton.state(error);
    EXPECT_FALSE(error) << error.message();
    return state;
  }
  BatonState on_disk() const {
    const std::optional<BatonState> state = parse_state(world_.value());
    EXPECT_TRUE(state) << world_.value();
    return state.value_or(BatonState{});
  }

  World world_;
  Party& a_ = world_.party("a.example", 11);
  Party& b_ = world_.party("b.example", 22);
  Grant grant_;
};

}  // namespace holdfast::testing
