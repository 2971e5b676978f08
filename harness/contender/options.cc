#include "harness/contender/options.h"

#include <nlohmann/json.hpp>

#include "harness/scenario/duration.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// Reads one object key by key; keeps the first thing that is wrong.
class Reader {
 public:
  explicit Reader(const json& object) : object_(object) {}

  void read(const char* key, bool& to) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, *value, "true or false");
    to = value->get<bool>();
  }
  void read(const char* key, double& to) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number()) return wrong(key, *value, "a number");
    to = value->get<double>();
  }
  void read(const char* key, std::uint32_t& to) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > 07777) {
      return wrong(key, *value, "a file's mode, 0 to 4095");
    }
    to = value->get<std::uint32_t>();
  }
  void read(const char* key, std::string& to) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key, *value, "a string");
    to = value->get<std::string>();
  }
  void read(const char* key, Duration& to) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key, *value, "a duration such as \"100ms\"");
    const auto parsed = parse_duration(value->get<std::string>());
    if (!parsed) return wrong(key, *value, "a duration such as \"100ms\"");
    to = *parsed;
  }

  Result<void> finish() {
    if (problem_) return tl::unexpected(*problem_);
    for (const auto& [key, value] : object_.items()) {
      if (known_.find(" " + key + ",") != std::string::npos) continue;
      return problem("/contender/options/" + key,
                     "there is no such option, there are" + known_.substr(0, known_.size() - 1));
    }
    return {};
  }

 private:
  const json* find(const char* key) {
    known_ += " " + std::string(key) + ",";
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }
  void wrong(const char* key, const json& found, const char* allowed) {
    if (problem_) return;
    problem_ = Problem{"/contender/options/" + std::string(key),
                       "found " + found.dump() + ", allowed is " + allowed};
  }

  const json& object_;
  std::string known_;
  std::optional<Problem> problem_;
};

Result<json> parse(const ContenderSpec& spec) {
  json options = json::parse(spec.options, nullptr, false);
  if (options.is_object()) return options;
  return problem("/contender/options", "found " + spec.options + ", allowed is a JSON object");
}

}  // namespace

Result<Options> own_options(const ContenderSpec& spec) {
  const auto given = parse(spec);
  if (!given) return tl::unexpected(given.error());
  Options options;
  options.protocol = spec.lock == "link" ? ProtocolKind::link : ProtocolKind::baton;
  options.lifetime = spec.lifetime;
  Reader reader(*given);
  reader.read("max_poll", options.max_poll);
  reader.read("spin", options.spin);
  reader.read("directory_mode", options.directory_mode);
  reader.read("file_mode", options.file_mode);
  reader.read("drift", options.drift);
  reader.read("margin", options.margin);
  reader.read("proof_of_death", options.proof_of_death);
  reader.read("server_clock", options.server_clock);
  reader.read("durable", options.durable);
  reader.read("slop", options.slop);
  reader.read("separator", options.separator);
  if (auto done = reader.finish(); !done) return tl::unexpected(done.error());
  return options;
}

Result<void> no_options(const ContenderSpec& spec) {
  const auto given = parse(spec);
  if (!given) return tl::unexpected(given.error());
  if (given->empty()) return {};
  return problem("/contender/options/" + given->begin().key(),
                 "\"" + spec.lock + "\" has no options: leave them away");
}

}  // namespace holdfast::harness
