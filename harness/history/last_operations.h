// What the killed did last, where only the emulated mount that killed them knows it.
//
// A program that is killed after an operation, in the middle of its system call, never records it;
// yet it was carried out, and what it made or removed is the lock's state from then on. The mount
// says so with the kill: "after mkdir 6: mkdir lock1: done".
#pragma once

#include "harness/history/history.h"

namespace holdfast::harness {

/// Gives each such operation that was carried out with success an event of its worker's: recorded
/// at the instant of the kill, and begun since whatever that worker had recorded last. One that is
/// there already is not added again. Where its file was asked for by a handle and
/// the log cannot tell by which of several names, its name is all of them: "claim//lock".
void add_last_operations(History& history);

}  // namespace holdfast::harness
