// What its own program made of a file operation that failed.
//
// A program that is told of an error has to tell what stands now from what does not: an acquire
// that made the lock's entry and then fails must remove it; a release whose removal failed has
// given nothing back; and an error is no sign that the lock is another's.
#pragma once

#include <cstdint>
#include <string>

#include "harness/checker/evidence.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

/// The last operation of this worker on the files of this lock, within `first`..`last` (events),
/// that failed by an error; kNone: there is none. That a name was there, or was not, is an answer.
std::uint32_t failed_operation(const Evidence& evidence, const Trail& trail, std::uint32_t worker,
                               std::uint16_t lock, std::uint32_t first, std::uint32_t last);

/// The same of what the deed `take` made, by the event `last`: after that in the acquire that made
/// it, or in a release of its worker's before it asked for the lock again.
std::uint32_t failed_operation_after(const Evidence& evidence, std::uint32_t take,
                                     std::uint32_t last);

/// "its utime of lock1 had failed at 4.812000 s: Permission denied"
std::string words_of_failed(const Evidence& evidence, std::uint32_t operation);

}  // namespace holdfast::harness
