// Random small histories: of anybody doing anything, and of a lock that is right.
//
// Instants are whole milliseconds of a few dozen, so that many of them are equal and every edge of
// a definition is met.
#pragma once

#include "harness/checker/checker.h"
#include "harness/history/history.h"
#include "harness/random/random.h"

namespace holdfast::harness {

struct Case {
  History history;
  Terms terms;
};

/// Workers that are granted, told and killed as chance has it: well-formed, and mostly wrong.
Case random_case(Random& random);

/// Workers of a lock that keeps its promises, with leases or without, whatever is done to them:
/// kills, pauses, replies that come late or not at all.
Case right_case(Random& random);

}  // namespace holdfast::harness
