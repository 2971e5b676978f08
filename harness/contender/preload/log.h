// The program's own history file, written from within it: harness/history/layout.h says how.
//
// Fault model: the process can be killed between any two instructions, fork, close files that it
// did not open, run out of disk, and call from any thread and any signal handler. So no file stays
// open, signals wait while a record is written, and a forked child begins a file of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/history/event.h"

namespace holdfast::harness::preload {

struct Text {
  const char* at = nullptr;
  std::size_t size = 0;
};

/// What the environment says; read once, when the library is loaded.
struct Settings {
  const char* directory = nullptr;  ///< of the locks; null: nothing is recorded
  const char* history = nullptr;    ///< the file's path without ".PID.events"
  const char* worker = nullptr;
  std::uint16_t lock = 0;
};

/// Makes the file now, so that it is there even if nothing is ever recorded.
void begin_log(const Settings& settings);
/// Appends an event, whose at_ns is read here. Drops it, and counts that, when the disk is full.
void append(const Settings& settings, const Event& event, Text name, Text other);
/// Gives back what was allocated ahead. Nothing is recorded afterwards.
void end_log();

}  // namespace holdfast::harness::preload
