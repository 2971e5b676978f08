#include "harness/scenario/composition.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "harness/scenario/json_text.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

Problem wrong(const std::string& file, const char* key, const json& found,
              const std::string& allowed) {
  return {file + ": /" + key, "found " + shown(found) + ", allowed is " + allowed};
}

/// A scenario's text as an object, in which a contender's name alone is spelled out, so that
/// whatever is laid over it can reach into it.
Result<json> object_of(const std::string& text, const std::string& file) {
  auto root = parse_json(text, file);
  if (!root) return root;
  if (!root->is_object()) {
    return problem(file, "found " + shown(*root) + ", allowed is an object: a scenario");
  }
  if (const auto at = root->find("contender"); at != root->end() && at->is_string()) {
    *at = json{{"lock", *at}};
  }
  return root;
}

/// Its program's relative paths stay what they are, from wherever they are read.
void anchor_program(json& root, const std::string& folder) {
  const auto contender = root.find("contender");
  if (contender == root.end() || !contender->is_object()) return;
  const auto program = contender->find("program");
  if (program == contender->end() || !program->is_array()) return;
  for (json& argument : *program) {
    if (argument.is_string()) argument = anchored(argument.get<std::string>(), folder);
  }
}

Result<json> pattern_of(const std::string& file) {
  const auto text = scenario_text(file);
  if (!text) return tl::unexpected(text.error());
  auto pattern = object_of(*text, file);
  if (!pattern) return pattern;
  if (pattern->contains("like")) {
    return problem(file + ": /like", "is like another scenario itself; name that one instead");
  }
  if (const auto whole = parse_scenario(*text, file, {}); !whole) {
    return tl::unexpected(whole.error());
  }
  anchor_program(*pattern, std::filesystem::path(file).parent_path().string());
  for (const char* own : {"name", "about"}) pattern->erase(own);
  return pattern;
}

}  // namespace

Result<std::string> scenario_text(const std::string& file) {
  constexpr std::uintmax_t kMostBytes = 1 << 20;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return problem(file, "read this scenario", error);
  if (size > kMostBytes) return problem(file, "is no scenario: it has more than 1 MiB");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    return problem(file, "read this scenario", std::error_code(errno, std::generic_category()));
  }
  return text.str();
}

Result<json> compose(const std::string& text, const std::string& file, Form form) {
  auto root = object_of(text, file);
  if (!root) return root;
  if (const auto like = root->find("like"); like != root->end()) {
    if (!like->is_string()) {
      return tl::unexpected(
          wrong(file, "like", *like, R"(another scenario's file, such as "baton-v3.json")"));
    }
    const auto beside = std::filesystem::path(file).parent_path();
    auto pattern = pattern_of((beside / like->get<std::string>()).lexically_normal().string());
    if (!pattern) return pattern;
    root->erase("like");
    pattern->merge_patch(*root);
    root = std::move(pattern);
  }
  if (const auto at = root->find("long"); at != root->end()) {
    if (!at->is_object()) {
      return tl::unexpected(
          wrong(file, "long", *at, R"(an object, such as {"until": {"duration": "15min"}})"));
    }
    const json changes = std::move(*at);
    root->erase(at);
    if (form == Form::lengthened) root->merge_patch(changes);
  }
  return root;
}

}  // namespace holdfast::harness
