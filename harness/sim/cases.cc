#include "harness/sim/cases.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/sim/contender.h"
#include "harness/sim/members.h"

namespace holdfast::harness::sim {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostProcesses = 8;

/// What is misspelt would never be found.
std::string read_cause(Members& from) {
  std::string cause = from.text("cause");
  const std::vector<std::string>& known = causes();
  if (std::find(known.begin(), known.end(), cause) != known.end()) return cause;
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
  throw Bad(from.place("cause") + ": there is no '" + cause + "'; there are: " + all);
}

Case read_case(Members& from) {
  Case one;
  one.range.contender = one.name = from.text("contender");
  if (find_kind(one.range.contender) == nullptr) {
    throw Bad(from.place("contender") + ": there is no contender '" + one.name +
              "'; see holdfast explore --list");
  }
  one.schedules = static_cast<std::uint64_t>(from.number("schedules", 1));
  if (from.has("name")) one.name = from.text("name");
  if (from.has("expects")) one.expects = from.text("expects");
  if (from.has("cause")) one.cause = read_cause(from);
  if (from.has("out_of_contract")) one.out_of_contract = from.flag("out_of_contract");
  if (one.expects.empty() && (!one.cause.empty() || one.out_of_contract)) {
    throw Bad(from.place("expects") + ": is missing, and says of what the cause is to be");
  }
  Range& range = one.range;
  if (from.has("least_processes")) {
    range.least_processes =
        static_cast<std::size_t>(from.number("least_processes", 1, kMostProcesses));
  }
  if (from.has("most_processes")) {
    range.most_processes =
        static_cast<std::size_t>(from.number("most_processes", 1, kMostProcesses));
  }
  if (range.least_processes > range.most_processes) {
    throw Bad(from.place("least_processes") + ": more than most_processes");
  }
  if (from.has("rounds")) {
    range.most_rounds = static_cast<std::size_t>(from.number("rounds", 1, 100));
  }
  if (from.has("mishaps")) {
    range.most_mishaps = static_cast<std::uint32_t>(from.number("mishaps", 0, 1000));
  }
  if (from.has("crashes")) range.crashes = from.flag("crashes");
  if (from.has("fast_clocks")) range.fast_clocks = from.flag("fast_clocks");
  if (from.has("forgetful_server")) range.forgetful_server = from.flag("forgetful_server");
  if (from.has("wall_offset_ns")) range.wall_offset = from.length("wall_offset_ns");
  return one;
}

}  // namespace

Result<std::vector<Case>> parse_cases(const std::string& text, const std::string& place) {
  try {
    const json document = json::parse(text);
    std::vector<Case> cases;
    if (!document.is_object() || document.value("holdfast", "") != "exploration") return cases;
    Members all(document, "");
    all.text("holdfast");
    all.number("version", 1, 1);
    if (all.has("about")) all.text("about");
    all.each("cases", 10'000, [&](Members& one) { cases.push_back(read_case(one)); });
    all.done();
    if (cases.empty()) throw Bad("/cases: at least one is needed");
    return cases;
  } catch (const json::exception& bad) {
    return problem(place, bad.what());
  } catch (const Bad& bad) {
    return problem(place, bad.what());
  }
}

}  // namespace holdfast::harness::sim
