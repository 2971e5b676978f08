// The sections of report.json: one function each, described field by field in
// reports/report.schema.json.
//
// Every field of a section is always there; what is not known or does not apply is null, so that a
// reader never has to ask whether a field exists. Names of what a run met are UTF-8 whatever they
// were (readable.h).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "harness/report/histogram.h"
#include "harness/report/report.h"

namespace holdfast::harness {

using Json = nlohmann::ordered_json;

Json run_section(const Report& report);
Json environment_section(const Report& report);
Json contract_section(const Report& report);
Json workload_section(const Report& report);
Json faults_section(const Report& report);
Json verdict_section(const Report& report);
Json violations_section(const Report& report);
Json checkers_section(const Report& report);
Json fences_section(const Report& report);
Json liveness_section(const Report& report);
Json latency_section(const Report& report);
Json operations_section(const Report& report);
Json throughput_section(const Report& report);

// What several sections are made of.
Json distribution_json(const Histogram& histogram);
/// How often a class was found; null: nobody looked, or it does not apply.
Json found_json(const Verdict& verdict, Class what);
/// "never" is null.
Json instant_json(std::int64_t ns);

}  // namespace holdfast::harness
