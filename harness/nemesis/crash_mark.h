// What the emulated mount leaves behind when it kills a program at one of its operations: without
// it nobody could tell this death from any other.
//
// Fault model: it is written before the signal is sent. Should the writer be killed in between, the
// mark stands for a kill that did not come; so it counts only for a worker that was killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/result/result.h"

namespace holdfast::harness {

struct CrashMark {
  std::int64_t at_ns = 0;  ///< recorder's clock: just before the signal
  std::string operation;   ///< "link claim lock"; after it "link claim lock: done"
};

Result<void> write_crash_mark(const std::string& path, const CrashMark& mark);
/// None: it was never written, or not whole.
std::optional<CrashMark> read_crash_mark(const std::string& path);

}  // namespace holdfast::harness
