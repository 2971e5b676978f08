#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/scenario/duration.h"
#include "harness/scenario/nearest.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

constexpr Nanoseconds kLeastLifetime = std::chrono::milliseconds(1);
constexpr Nanoseconds kLeastOwnLifetime = std::chrono::milliseconds(100);
constexpr std::size_t kMostSeparator = 16;  // bytes
constexpr Nanoseconds kMostLifetime = std::chrono::hours(24 * 30);

void read_program(const Node& node, const std::string& folder, std::vector<std::string>& to) {
  constexpr const char* kAllowed =
      R"(a list of strings, the program and its arguments, such as ["/usr/bin/python3", )"
      R"("./lock.py"])";
  for (const Node& element : read_list(node, kAllowed)) {
    if (const auto argument = read_text(element)) to.push_back(anchored(*argument, folder));
  }
  if (node.value->is_array() && (node.value->empty() || (!to.empty() && to.front().empty()))) {
    node.wrong(kAllowed);
  }
}

/// What a person would call a program: the file of its last argument that is a path.
std::string program_name(const std::vector<std::string>& program) {
  const auto path = std::find_if(program.rbegin(), program.rend(), [](const std::string& argument) {
    return argument.find('/') != std::string::npos;
  });
  const std::string& named = path == program.rend() ? program.front() : *path;
  return std::filesystem::path(named).stem().string();
}

std::optional<std::string> read_lock(const Node& node) {
  const auto lock = read_text(node);
  if (!lock) return std::nullopt;
  const auto& known = built_in_locks();
  if (std::find(known.begin(), known.end(), *lock) != known.end()) return lock;
  node.complain(unknown_word("lock", *lock, known) +
                R"(; any other lock is a program: {"program": ["./adapter"]})");
  return std::nullopt;
}

void read_lifetime(const Node& node, ContenderSpec& to) {
  const Nanoseconds least = kills_itself(to) ? kLeastOwnLifetime : kLeastLifetime;
  if (const auto lifetime = read_duration_between(node, least, kMostLifetime)) {
    to.lifetime = *lifetime;
  }
}

/// What stands between the parts of a name that `link` makes.
std::optional<std::string> read_separator(const Node& node) {
  const auto text = read_text(node);
  if (!text) return std::nullopt;
  const bool fits = !text->empty() && text->size() <= kMostSeparator &&
                    std::none_of(text->begin(), text->end(), [](unsigned char c) {
                      return c == '/' || c < ' ' || c == 0x7f || (c < 0x80 && std::isalnum(c) != 0);
                    });
  if (!fits) node.wrong("1 to 16 bytes without letters, digits, \"/\" and control characters");
  return fits ? text : std::nullopt;
}

/// The options of holdfast's own locks.
void check_own_options(const Node& node) {
  ObjectReader options(node, "an object");
  const auto check_ratio = [](const Node& at) { return read_number(at, {0, 0.5}); };
  const auto check_count = [](const Node& at) { return read_count(at, {0, 07777}); };
  double ratio = 0;
  Nanoseconds duration{};
  bool flag = false;
  std::string text;
  std::uint64_t mode = 0;
  options.get("drift", ratio, check_ratio);
  options.get("margin", duration,
              [](const Node& at) { return read_duration_between(at, {}, std::chrono::hours(24)); });
  options.get("slop", duration, [](const Node& at) {
    return read_duration_between(at, {}, std::chrono::hours(24 * 365));
  });
  options.get("max_poll", duration, [](const Node& at) {
    return read_duration_between(at, std::chrono::microseconds(1), std::chrono::hours(1));
  });
  options.get("spin", duration, [](const Node& at) {
    return read_duration_between(at, {}, std::chrono::seconds(1));
  });
  for (const char* key : {"proof_of_death", "server_clock", "durable"}) {
    options.get(key, flag, read_bool);
  }
  options.get("separator", text, read_separator);
  for (const char* key : {"directory_mode", "file_mode"}) options.get(key, mode, check_count);
  options.finish();
}

/// Of a program they are its own business, and of any other lock that is built in there are none.
void check_options(const Node& node, const ContenderSpec& contender) {
  if (kills_itself(contender)) return check_own_options(node);
  if (!node.value->is_object()) return node.wrong("an object, which the contender gets as it is");
  if (contender.program.empty() && !node.value->empty()) {
    node.wrong("none: \"" + contender.lock + "\" has no options");
  }
}

}  // namespace

std::string anchored(const std::string& argument, const std::string& folder) {
  if (!argument.starts_with("./") && !argument.starts_with("../")) return argument;
  std::error_code ignored;  // a folder that cannot be made absolute stays as it was given
  const auto base = std::filesystem::absolute(folder.empty() ? "." : folder, ignored);
  return (base / argument).lexically_normal().string();
}

const std::vector<std::string>& built_in_locks() {
  static const std::vector<std::string> locks = {
      "baton", "link", "flock", "fcntl", "ofd", "excl", "mkdir", "symlink",
      // Deliberately broken ones, for the negative scenarios.
      "planted:nothing", "planted:two-breakers", "planted:stolen-release", "planted:never-released",
      "planted:late-lease"};
  return locks;
}

bool kills_itself(const ContenderSpec& contender) {
  return contender.lock == "baton" || contender.lock == "link";
}

void read_contender(const Node& node, const std::string& folder, bool simulated,
                    ContenderSpec& to) {
  if (node.value->is_string()) {
    if (const auto lock = read_lock(node)) to.lock = to.name = *lock;
    return;
  }
  ObjectReader object(node,
                      R"(a lock's name, {"lock": NAME, ...} or {"program": [ARGUMENT...], ...})");
  if (!node.value->is_object()) return;
  object.get("lock", to.lock, simulated ? read_text : read_lock);
  if (const auto program = object.find("program")) read_program(*program, folder, to.program);
  const bool has_lock = node.value->contains("lock"), has_program = node.value->contains("program");
  if (has_lock == has_program) {
    node.complain(has_lock ? "found both \"lock\" and \"program\", allowed is one of them"
                           : "found neither \"lock\" nor \"program\", one of them is needed");
  }
  to.name = to.program.empty() ? to.lock : program_name(to.program);
  object.get("name", to.name, read_text);
  if (const auto lifetime = object.find("lifetime")) read_lifetime(*lifetime, to);
  if (const auto options = object.find("options")) {
    check_options(*options, to);
    to.options = options->value->dump();
  }
  object.get("record_files", to.record_files, read_bool);
  object.finish();
}

}  // namespace holdfast::harness
