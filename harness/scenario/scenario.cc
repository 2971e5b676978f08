#include "harness/scenario/scenario.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/scenario/composition.h"
#include "harness/scenario/json_reader.h"
#include "harness/scenario/json_text.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

constexpr std::uint64_t kVersion = 1;

/// Other versions may give the same keys another meaning, so nothing else is read then.
void check_version(const json& root, Complaints& complaints) {
  const auto at = root.find("version");
  if (at == root.end()) {
    complaints.add("/version",
                   "the version is missing; this build reads version 1: put "
                   "\"version\": 1 into the file");
  } else if (*at != kVersion || !at->is_number_unsigned()) {
    complaints.add("/version", "found " + shown(*at) +
                                   ", allowed is 1: this build reads version 1 only. Rewrite the "
                                   "file after scenarios/README.md, or use a holdfast that knows "
                                   "its version");
  }
}

/// "crash/holder-killed" of "scenarios/crash/holder-killed.json".
std::string name_of_file(const std::string& file) {
  std::error_code ignored;  // without a working directory the name is that of the file alone
  const auto path = std::filesystem::absolute(file, ignored).lexically_normal();
  const std::string family = path.parent_path().filename().string();
  return family.empty() ? path.stem().string() : family + "/" + path.stem().string();
}

std::optional<std::string> read_name(const Node& node) {
  const auto name = read_text(node);
  if (!name) return std::nullopt;
  // It becomes part of the run's folder.
  const bool fits = !name->empty() && name->size() <= 100 && name->front() != '.' &&
                    name->find("..") == std::string::npos &&
                    std::none_of(name->begin(), name->end(),
                                 [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (fits) return name;
  node.wrong("a name of 1 to 100 characters, such as \"crash/holder-killed\"");
  return std::nullopt;
}

std::optional<std::uint64_t> read_seed(const Node& node) {
  if (!node.value->is_string()) {
    node.wrong(R"(a seed in hexadecimal, as a string, such as "5a3f09c1")");
    return std::nullopt;
  }
  const auto seed = parse_seed(node.value->get<std::string>());
  if (seed) return *seed;
  node.complain(seed.error().message);
  return std::nullopt;
}

/// What no section can see alone.
void check_whole(const Scenario& scenario, const json& root, Complaints& complaints) {
  const bool fenced = scenario.work.resource == Resource::fenced;
  const std::string& lock = scenario.contender.lock;
  const bool gives_tokens = lock.empty() || lock == "baton" || lock.starts_with("planted:");
  if (fenced && !gives_tokens) {
    complaints.add("/work/resource",
                   "found \"fenced\" with the lock " + lock +
                       ", which gives no tokens; allowed is it with baton and with programs that "
                       "do; use \"counter\" or \"none\" here");
  }
  if (scenario.lab && scenario.mount) {
    complaints.add("/lab", "found together with \"mount\", allowed is one of them");
  }
  if (!scenario.work.planted_fence.empty() && !fenced) {
    complaints.add("/work/planted_fence", "needs \"resource\": \"fenced\"");
  }
  if (!root.contains("contender")) {
    complaints.add("/contender",
                   "missing; it is the one key besides \"version\" that has no default, "
                   "such as \"contender\": \"baton\"");
  }
}

void read_sections(ObjectReader& object, const std::string& folder, Scenario& to) {
  for (const char* read_before : {"version", "like", "long"}) object.find(read_before);
  object.get("name", to.name, read_name);
  object.get("about", to.about, read_text);
  if (const auto node = object.find("world")) {
    const auto word = read_word(*node, "world", {"real", "simulated"});
    if (word) to.world = static_cast<WorldKind>(*word);
  }
  if (const auto node = object.find("contender")) {
    read_contender(*node, folder, to.world == WorldKind::simulated, to.contender);
  }
  object.get("locks", to.locks, [](const Node& node) -> std::optional<std::uint32_t> {
    const auto count = read_count(node, {1, 10'000});
    if (!count) return std::nullopt;
    return static_cast<std::uint32_t>(*count);
  });
  to.hosts = {{"h1", 4, false}, {"h2", 4, false}};
  if (const auto node = object.find("hosts")) read_hosts(*node, to.hosts);
  if (const auto node = object.find("work")) read_work(*node, to.work);
  object.get("mode", to.ordered, [](const Node& node) -> std::optional<bool> {
    const auto word = read_word(node, "mode", {"silent", "ordered"});
    if (!word) return std::nullopt;
    return *word == 1;
  });
  to.until.duration = std::chrono::seconds(10);
  if (const auto node = object.find("until")) read_until(*node, to.until);
  std::vector<std::string> hosts;
  for (const HostSpec& host : to.hosts) hosts.push_back(host.name);
  if (const auto node = object.find("mount")) read_mount(*node, hosts, to.mount.emplace());
  if (const auto node = object.find("lab")) {
    read_lab(*node, hosts, to.lab.emplace());
    for (HostSpec& host : to.hosts) host.separate_machine = true;
  }
  if (const auto node = object.find("faults")) read_faults(*node, to);
  if (const auto node = object.find("bounds")) read_bounds(*node, to.bounds);
  if (const auto node = object.find("expect")) read_expect(*node, to.expect);
  if (const auto node = object.find("requires")) read_requires(*node, to.require);
  if (const auto node = object.find("seed")) to.seed = read_seed(*node);
  object.finish();
}

Result<Scenario> parse_form(const std::string& text, const std::string& name,
                            const std::vector<Override>& overrides, Form form) {
  auto root = compose(text, name, form);
  if (!root) return tl::unexpected(root.error());
  for (const Override& change : overrides) {
    if (auto applied = apply_override(*root, change); !applied) {
      return tl::unexpected(applied.error());
    }
  }
  Complaints complaints(name);
  check_version(*root, complaints);
  if (!complaints.none()) return tl::unexpected(complaints.as_problem());

  Scenario scenario;
  scenario.file = name;
  scenario.name = name_of_file(name);
  ObjectReader object({&*root, "", &complaints}, "an object");
  read_sections(object, std::filesystem::path(name).parent_path().string(), scenario);
  check_whole(scenario, *root, complaints);
  if (!complaints.none()) return tl::unexpected(complaints.as_problem());
  scenario.text = canonical_text(scenario);
  return scenario;
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& text, const std::string& name,
                                const std::vector<Override>& overrides, Form form) {
  auto asked = parse_form(text, name, overrides, form);
  if (!asked || form == Form::lengthened) return asked;
  // The other form's mistakes are told now, and not when a night is already lost.
  const auto lengthened = parse_form(text, name, overrides, Form::lengthened);
  if (lengthened) return asked;
  return problem(name, "in its long form: " + lengthened.error().text());
}

Result<Scenario> read_scenario(const std::string& path, const std::vector<Override>& overrides,
                               Form form) {
  const auto text = scenario_text(path);
  if (!text) return tl::unexpected(text.error());
  return parse_scenario(*text, path, overrides, form);
}

Result<std::vector<std::string>> find_scenarios(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (fs::exists(path, error)) return std::vector<std::string>{path};
    return problem(path,
                   "no such file or folder; scenarios are *.json files, "
                   "those that come with holdfast are in scenarios/");
  }
  std::vector<std::string> found;
  fs::recursive_directory_iterator at(path, error);
  while (!error && at != fs::recursive_directory_iterator()) {
    std::error_code vanished;  // an entry that is gone is no scenario
    if (at->path().extension() == ".json" && at->is_regular_file(vanished)) {
      found.push_back(at->path().string());
    }
    at.increment(error);
  }
  if (error) return problem(path, "look for scenarios in this folder", error);
  if (found.empty()) return problem(path, "there is no *.json file in or below this folder");
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::uint64_t> parse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed, 16);
  if (error == std::errc() && end == text.data() + text.size() && text.size() <= 16) return seed;
  return problem("", "found \"" + text +
                         "\", allowed is a seed of 1 to 16 hexadecimal digits, as runs print it: "
                         "\"5a3f09c1\"");
}

std::string print_seed(std::uint64_t seed) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seed, 16).ptr;
  const std::string text(digits.data(), end);
  return text.size() >= 8 ? text : std::string(8 - text.size(), '0') + text;
}

void set_seed(Scenario& scenario, std::uint64_t seed) {
  scenario.seed = seed;
  scenario.text = canonical_text(scenario);
}

Result<Override> parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || !text.starts_with('/')) {
    return problem("--set " + text, "allowed is POINTER=VALUE, such as --set /hosts/0/workers=16");
  }
  return Override{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace holdfast::harness
