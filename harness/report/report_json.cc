#include <nlohmann/json.hpp>

#include "harness/report/json_sections.h"

namespace holdfast::harness {

std::string report_json(const Report& report) {
  Json json;
  json["schema_version"] = kReportSchemaVersion;
  json["run"] = run_section(report);
  json["verdict"] = verdict_section(report);
  json["violations"] = violations_section(report);
  json["contract"] = contract_section(report);
  json["workload"] = workload_section(report);
  json["liveness"] = liveness_section(report);
  json["fences"] = fences_section(report);
  json["latency"] = latency_section(report);
  json["throughput"] = throughput_section(report);
  json["operations"] = operations_section(report);
  json["checkers"] = checkers_section(report);
  json["faults"] = faults_section(report);
  json["environment"] = environment_section(report);
  // Plain ASCII: `--json` writes to terminals, and names can hold what would command one.
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::harness
