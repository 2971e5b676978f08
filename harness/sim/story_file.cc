#include "harness/sim/story_file.h"

#include <nlohmann/json.hpp>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

const char* lane_word(char letter) {
  for (const Lane& lane : lanes()) {
    if (lane.letter == letter) return lane.name;
  }
  return "ended";
}

const char* type_word(os::FileType type) {
  switch (type) {
    case os::FileType::regular: return "file";
    case os::FileType::directory: return "directory";
    case os::FileType::symlink: return "symlink";
    case os::FileType::other: return "other";
  }
  return "other";
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json host_json(const HostSetting& host) {
  return {{"name", host.name},
          {"machine", std::to_string(host.machine)},
          {"wall_offset_ns", host.clock.wall_offset.count()},
          {"rate_ppm", host.clock.rate_ppm}};
}

Json process_json(const Process& process) {
  return {{"name", name_of(process)},
          {"host", process.host->index},
          {"rounds", process.setting->rounds.size()}};
}

Json state_json(const ShareState& state) {
  Json files = Json::array();
  for (const SharedFile& file : state.files) {
    files.push_back({{"path", file.path},
                     {"words", spoken(file.path)},
                     {"type", type_word(file.node.status.type)},
                     {"inode", file.node.status.inode},
                     {"links", file.node.status.links},
                     {"contents", file.node.contents}});
  }
  return {{"lock", state.lock}, {"files", files}};
}

Json step_json(const Step& step, Duration server_offset) {
  Json lanes = Json::array(), clocks = Json::array();
  for (const char lane : step.lanes) lanes.push_back(lane_word(lane));
  for (const HostSight& host : step.hosts) {
    clocks.push_back({{"wall_ns", host.wall.count()},
                      {"steady_ns", host.steady.count()},
                      {"stands_still", host.stands},
                      {"cut_off", host.cut_off}});
  }
  return {{"at_ns", step.at.count()},
          {"kind", word(step.kind)},
          {"process", or_null(step.process)},
          {"host", or_null(step.host)},
          {"who", step.who},
          {"words", step.words},
          {"mishap", step.mishap == Mishap::none ? Json() : Json(word(step.mishap))},
          {"lanes", lanes},
          {"state", step.state},
          {"clocks", clocks},
          {"server_wall_ns", (step.at + server_offset).count()},
          {"left_out_before", step.as_before}};
}

Json mistake_json(const std::optional<Mistake>& mistake) {
  if (!mistake) return {};
  return {{"class", mistake->checker},
          {"cause", mistake->cause.empty() ? Json() : Json(mistake->cause)},
          {"out_of_contract", mistake->out_of_contract},
          {"sentence", mistake->sentence},
          {"at_ns", mistake->at.count()}};
}

}  // namespace

std::string story_json(const Story& story) {
  World& world = story.stage().world();
  const Setting& setting = world.setting();
  Json hosts = Json::array(), processes = Json::array(), states = Json::array(),
       steps = Json::array();
  for (const HostSetting& host : setting.hosts) hosts.push_back(host_json(host));
  for (std::size_t i = 0; i < world.processes(); ++i) {
    processes.push_back(process_json(world.process(i)));
  }
  for (const ShareState& state : story.states()) states.push_back(state_json(state));
  for (const Step& step : story.steps()) {
    steps.push_back(step_json(step, setting.server.offset));
  }
  const Json all = {{"schema_version", kVersion},
                    {"contender", setting.contender},
                    {"mistake", mistake_json(story.stage().ledger().mistake())},
                    {"hosts", hosts},
                    {"processes", processes},
                    {"states", states},
                    {"steps", steps}};
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::harness::sim
