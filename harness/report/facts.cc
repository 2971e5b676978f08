#include "harness/report/facts.h"

#include <build_info.h>

#include <nlohmann/json.hpp>

#include "harness/report/facts_fields.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 4;

template <class T>
void from(const Json& json, T& to);

template <class T>
Json to(const T& value);

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
constexpr bool kPlain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;

/// One list of the fields serves both ways: facts_fields.h.
template <class T>
Json to(const T& value) {
  if constexpr (kPlain<T>) {
    return value;
  } else if constexpr (IsVector<T>::value) {
    Json list = Json::array();
    for (const auto& element : value) list.push_back(to(element));
    return list;
  } else if constexpr (IsOptional<T>::value) {
    return value ? to(*value) : Json();
  } else {
    Json object = Json::object();
    each_field(value, [&](const char* key, const auto& field) { object[key] = to(field); });
    return object;
  }
}

template <class T>
void from(const Json& json, T& value) {
  if constexpr (kPlain<T>) {
    json.get_to(value);
  } else if constexpr (IsVector<T>::value) {
    value.clear();
    for (const Json& element : json) from(element, value.emplace_back());
  } else if constexpr (IsOptional<T>::value) {
    value.reset();
    if (!json.is_null()) from(json, value.emplace());
  } else {
    each_field(value, [&](const char* key, auto& field) { from(json.at(key), field); });
  }
}

}  // namespace

RunFacts build_facts() {
  RunFacts facts;
  facts.version = HOLDFAST_BUILD_VERSION;
  facts.commit = HOLDFAST_BUILD_COMMIT;
  facts.build = HOLDFAST_BUILD_KIND;
  return facts;
}

Result<void> write_facts(const std::string& run_directory, const RunFacts& facts) {
  Json json = {{"version", kVersion}, {"facts", to(facts)}};
  return write_stored(run_directory + "/facts.json",
                      json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<RunFacts> read_facts(const std::string& run_directory) {
  const std::string path = run_directory + "/facts.json";
  const auto text = read_stored(path);
  if (!text) return tl::unexpected(text.error());
  try {
    const Json json = Json::parse(*text);
    if (const Json version = json.at("version"); version != kVersion) {
      return problem(path, "found version " + version.dump() + ", allowed is " +
                               std::to_string(kVersion) +
                               ": judge this run with the holdfast that made it");
    }
    RunFacts facts;
    from(json.at("facts"), facts);
    return facts;
  } catch (const Json::exception& error) {
    return problem(path, std::string("does not fit: ") + error.what() +
                             "; a run's folder must be complete, as the run left it");
  }
}

}  // namespace holdfast::harness
