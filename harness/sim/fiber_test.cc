#include "harness/sim/fiber.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace holdfast::harness::sim {
namespace {

TEST(Fiber, TakesTurnsWithWhoeverResumesIt) {
  std::string seen;
  Fiber fiber;
  fiber.start([&] {
    seen += "a";
    fiber.suspend();
    seen += "b";
  });
  EXPECT_FALSE(fiber.ended());
  fiber.resume();
  seen += "1";
  fiber.resume();
  EXPECT_EQ(seen, "a1b");
  EXPECT_TRUE(fiber.ended());
}

// Schedules are many and stacks are dear.
TEST(Fiber, IsUsedAgain) {
  Fiber fiber;
  int count = 0;
  for (int i = 0; i < 1000; ++i) {
    fiber.start([&] {
      ++count;
      fiber.suspend();
      ++count;
    });
    fiber.resume();
    fiber.resume();
  }
  EXPECT_EQ(count, 2000);
}

// The end of a process is an exception, thrown where it waits.
TEST(Fiber, ExceptionsStayWithinTheirOwnFiber) {
  Fiber first, second;
  std::string seen;
  const auto body = [&seen](Fiber& self, const char* name) {
    try {
      const std::string on_the_stack(100, 'x');
      self.suspend();
      throw std::runtime_error(name);
    } catch (const std::exception& error) {
      seen += error.what();
    }
  };
  first.start([&] { body(first, "1"); });
  second.start([&] { body(second, "2"); });
  first.resume();
  second.resume();
  second.resume();
  first.resume();
  EXPECT_EQ(seen, "21");
}

}  // namespace
}  // namespace holdfast::harness::sim
