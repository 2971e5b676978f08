// The steps of a lock's use that are timed, by the names that all formats give them.
#pragma once

#include <array>

#include "harness/report/measure.h"

namespace holdfast::harness {

struct LatencyStep {
  const char* name;
  Histogram Latencies::*of;
};

inline constexpr std::array<LatencyStep, 8> kLatencySteps = {
    {{"wait", &Latencies::wait},
     {"acquire", &Latencies::acquire},
     {"hold", &Latencies::hold},
     {"release", &Latencies::release},
     {"handoff", &Latencies::handoff},
     {"refresh", &Latencies::refresh},
     {"recovery", &Latencies::recovery},
     {"intended_wait", &Latencies::intended_wait}}};

}  // namespace holdfast::harness
