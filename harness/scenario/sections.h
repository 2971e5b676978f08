// The parts of a scenario, each read from its own JSON object. What is wrong is complained about,
// never thrown; what could not be read keeps its default.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// `folder`: of the scenario's file, for the program's relative paths. `simulated`: the lock can be
/// any, as explorations know more of them.
void read_contender(const Node& node, const std::string& folder, bool simulated, ContenderSpec& to);
/// An argument that begins with ./ or ../ as a path from `folder`, absolute; any other as it is.
std::string anchored(const std::string& argument, const std::string& folder);
void read_hosts(const Node& node, std::vector<HostSpec>& to);
void read_work(const Node& node, Work& to);
void read_until(const Node& node, Until& to);
/// Reads into `to.faults`; targets and operations are checked against the rest of `to`.
void read_faults(const Node& node, Scenario& to);
void read_mount(const Node& node, const std::vector<std::string>& hosts, MountSpec& to);
void read_lab(const Node& node, const std::vector<std::string>& hosts, LabSpec& to);
void read_bounds(const Node& node, Bounds& to);
void read_expect(const Node& node, Expect& to);
void read_requires(const Node& node, std::vector<std::string>& to);

/// The locks that `contender` can name.
const std::vector<std::string>& built_in_locks();
/// What `expect` can name.
const std::vector<std::string>& expectable_classes();
const std::vector<std::string>& expectable_causes();

/// The scenario as JSON with every key written out; parse_scenario reads the same scenario from it.
std::string canonical_text(const Scenario& scenario);

}  // namespace holdfast::harness
