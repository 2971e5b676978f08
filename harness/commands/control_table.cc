#include "harness/commands/control_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/commands/negative_table.h"
#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

// The one list of a row's fields, for writing and for reading.
template <class Json, class Row, class Visit>
void each_field(Json& entry, Row& row, const Visit& visit) {
  visit(entry, "scenario", row.scenario);
  visit(entry, "about", row.about);
  visit(entry, "lock", row.lock);
  visit(entry, "world", row.world);
  visit(entry, "faults", row.faults);
  visit(entry, "version", row.origin.version);
  visit(entry, "date", row.origin.date);
  visit(entry, "machine", row.origin.machine);
  visit(entry, "runs", row.runs);
  visit(entry, "accused", row.accused);
  visit(entry, "otherwise", row.otherwise);
  visit(entry, "repeated", row.repeated);
  visit(entry, "grants", row.grants);
  visit(entry, "handoffs", row.handoffs);
}

}  // namespace

ControlRow& ControlTable::row_of(const Scenario& scenario) {
  const auto known = std::ranges::find(rows, scenario.name, &ControlRow::scenario);
  if (known != rows.end()) return *known;
  ControlRow row;
  row.scenario = scenario.name;
  row.about = scenario.about;
  row.lock = scenario.contender.name;
  row.world = world_of(scenario);
  row.faults = faults_of(scenario);
  rows.push_back(std::move(row));
  return rows.back();
}

std::uint64_t ControlTable::sum(std::uint64_t ControlRow::*what) const {
  std::uint64_t all = 0;
  for (const ControlRow& row : rows) all += row.*what;
  return all;
}

void ControlTable::keep(const ControlTable& other) {
  for (const ControlRow& row : other.rows) {
    const auto known = std::ranges::find(rows, row.scenario, &ControlRow::scenario);
    if (known == rows.end()) rows.push_back(row);
  }
  std::ranges::sort(rows, {}, &ControlRow::scenario);
}

std::string control_markdown(const ControlTable& table) {
  std::string text =
      "# Sound locks, which must not be accused\n\n"
      "Written by `./holdfast negative --control 200 --table reports`; the rows of `control-lab` "
      "by\n"
      "`./holdfast negative --control 14 --at-once 1 scenarios/control-lab --table reports`, and "
      "those "
      "of\n`negative`, which are the sound lock where planted mistakes are found, by\n"
      "`./holdfast negative --control 31 scenarios/negative --table reports`.\n\n" +
      grouped(table.sum(&ControlRow::runs)) + " runs, " + grouped(table.sum(&ControlRow::grants)) +
      " grants, " + grouped(table.sum(&ControlRow::handoffs)) +
      " of them handed from one process to another: " + grouped(table.sum(&ControlRow::accused)) +
      " accused, " + grouped(table.sum(&ControlRow::otherwise)) +
      " not as expected otherwise.\n\n*Repeated*: runs besides that showed nothing, such as that "
      "nobody met, and were made again.\n\n"
      "| scenario | lock | world | faults | runs | accused | repeated | grants | handoffs | by "
      "|\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const ControlRow& row : table.rows) {
    text += "| `" + row.scenario + "` | " + row.lock + " | " + row.world + " | " + row.faults +
            " | " + std::to_string(row.runs) + " | " + std::to_string(row.accused) + " | " +
            std::to_string(row.repeated) + " | " + grouped(row.grants) + " | " +
            grouped(row.handoffs) + " | " + row.origin.version + ", " + row.origin.date + " |\n";
  }
  return text;
}

std::string control_json(const ControlTable& table) {
  ordered_json all = {{"schema_version", kSchemaVersion},
                      {"runs", table.sum(&ControlRow::runs)},
                      {"accused", table.sum(&ControlRow::accused)},
                      {"otherwise", table.sum(&ControlRow::otherwise)},
                      {"rows", ordered_json::array()}};
  for (const ControlRow& row : table.rows) {
    ordered_json entry;
    each_field(entry, row,
               [](ordered_json& to, const char* key, const auto& value) { to[key] = value; });
    all["rows"].push_back(std::move(entry));
  }
  return all.dump(2) + "\n";
}

Result<ControlTable> parse_controls(const std::string& text, const std::string& file) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object() || all.value("schema_version", json()) != kSchemaVersion) {
    return problem(file, "is no table of sound locks of version 1: remove it, and run all again");
  }
  ControlTable table;
  try {
    for (const json& entry : all.at("rows")) {
      each_field(
          entry, table.rows.emplace_back(),
          [](const json& from, const char* key, auto& value) { from.at(key).get_to(value); });
    }
  } catch (const json::exception& error) {
    return problem(file, std::string("does not fit: ") + error.what());
  }
  return table;
}

}  // namespace holdfast::harness
