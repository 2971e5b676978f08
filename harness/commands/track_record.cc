#include "harness/commands/track_record.h"

#include <nlohmann/json.hpp>

#include "harness/commands/shell_words.h"
#include "harness/report/markdown.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

// The one list of a bug's fields, for writing and for reading.
template <class Json, class Bug, class Visit>
void each_field(Json& row, Bug& bug, const Visit& visit) {
  visit(row, "lock", bug.lock);
  visit(row, "bug", bug.bug);
  visit(row, "found", bug.found);
  visit(row, "arguments", bug.arguments);
  visit(row, "status", bug.status);
  visit(row, "commit", bug.commit);
  visit(row, "date", bug.date);
}

/// The scenario or replay that its command plays.
std::string played(const KnownBug& bug) {
  for (const std::string& word : bug.arguments) {
    if (word.ends_with(".json")) return word;
  }
  return {};
}

/// What its command draws everything from; a replay is one schedule and draws nothing.
std::string seed_of(const KnownBug& bug) {
  for (std::size_t i = 0; i + 1 < bug.arguments.size(); ++i) {
    if (bug.arguments[i] == "--seed") return bug.arguments[i + 1];
    if (bug.arguments[i] == "--replay") return "one schedule";
  }
  return "any";
}

}  // namespace

Result<std::vector<KnownBug>> parse_track_record(const std::string& text, const std::string& file) {
  const json record = json::parse(text, nullptr, false);
  if (!record.is_object() || record.value("schema_version", json()) != kSchemaVersion) {
    return problem(file, R"(is no track record, which is {"schema_version": 1, "bugs": [...]})");
  }
  std::vector<KnownBug> bugs;
  try {
    for (const json& row : record.at("bugs")) {
      each_field(row, bugs.emplace_back(), [](const json& from, const char* key, auto& value) {
        from.at(key).get_to(value);
      });
      if (bugs.back().arguments.empty()) {
        return problem(file, bugs.back().lock + ": has no arguments: nothing would be run");
      }
    }
  } catch (const json::exception& error) {
    return problem(file, "bug " + std::to_string(bugs.size()) + " does not fit: " + error.what());
  }
  return bugs;
}

std::string track_record_json(const std::vector<KnownBug>& bugs) {
  ordered_json record = {{"schema_version", kSchemaVersion}, {"bugs", ordered_json::array()}};
  for (const KnownBug& bug : bugs) {
    ordered_json row;
    each_field(row, bug,
               [](ordered_json& to, const char* key, const auto& value) { to[key] = value; });
    record["bugs"].push_back(std::move(row));
  }
  return record.dump(2) + "\n";
}

std::string typed_command(const KnownBug& bug) {
  std::string command = "./holdfast";
  for (const std::string& word : bug.arguments) command += " " + shell_quoted(word);
  return command;
}

std::string track_record_markdown(const std::vector<KnownBug>& bugs) {
  std::string text =
      "# Track record\n\nBugs that this harness has shown in locks that people use, ours included, "
      "and the commit of\nholdfast that showed each of them last. Written by `./holdfast record "
      "--update`, which runs them all\nagain. *Its algorithm*: written anew in the simulator "
      "(`flufl_exact`), and not the lock itself.\n\n";
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    const KnownBug& bug = bugs[i];
    rows.push_back({std::to_string(i + 1), markdown(bug.lock), markdown(bug.bug),
                    markdown(bug.found), markdown(played(bug)), markdown(seed_of(bug)),
                    bug.commit.empty() ? "never" : markdown(bug.commit), markdown(bug.date)});
  }
  text += markdown_table(
      {"", "lock and version", "bug", "found as", "by", "seed", "last reproduced at", "on"}, rows);
  text += "\nBy these commands; each ends with the status that says that it was found:\n\n";
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    text += std::to_string(i + 1) + ". Status " + std::to_string(bugs[i].status) + ":\n\n" +
            markdown_block({typed_command(bugs[i])}, "sh") + "\n";
  }
  text.pop_back();
  return text;
}

}  // namespace holdfast::harness
