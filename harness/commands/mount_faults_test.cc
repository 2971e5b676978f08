#include "harness/commands/mount_faults.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

// What kept a request back is logged when the request has arrived, and may be long over then.
TEST(MountFaults, AHitLastedUntilItWasOverAndNotUntilItIsLogged) {
  mount::Hit hit;
  hit.fault = 3;
  hit.kind = MountFault::Kind::hang;
  hit.as = "late_arrival";
  hit.sorts = {"one"};
  hit.host = "h2";
  hit.what = "mkdir d: done";
  hit.lasted = Nanoseconds(40);
  hit.ago = Nanoseconds(100);
  const Fault fault = to_fault(hit, 1, 1000);
  EXPECT_EQ(fault.kind, "late_arrival");
  EXPECT_EQ(fault.sorts, hit.sorts);
  EXPECT_EQ(fault.start_ns, 860);
  EXPECT_EQ(fault.end_ns, 900);
  EXPECT_EQ(fault.at_operation, "mkdir d: done");
  EXPECT_EQ(fault.host, 1U);
  EXPECT_TRUE(fault.effective);
}

// The server is no host of the run.
TEST(MountFaults, WhatChangedNothingIsNotEffectiveAndSaysWhy) {
  mount::Hit hit;
  hit.kind = MountFault::Kind::server_pause;
  hit.why_not = "no request waited for its end";
  const Fault fault = to_fault(hit, kNobody, 1000);
  EXPECT_EQ(fault.kind, "server_pause");
  EXPECT_EQ(fault.target, "server");
  EXPECT_FALSE(fault.effective);
  EXPECT_EQ(fault.why_not, hit.why_not);
}

}  // namespace
}  // namespace holdfast::harness
