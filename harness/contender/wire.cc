#include "harness/contender/wire.h"

#include <nlohmann/json.hpp>

namespace holdfast::harness::wire {
namespace {

using nlohmann::json;

/// The object on this line; nothing: it is none, or does not say whether it is ok.
std::optional<json> reply(const std::string& line) {
  json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto ok = object.find("ok");
  if (ok == object.end() || !ok->is_boolean()) return std::nullopt;
  return object;
}

std::string text(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

bool flag(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

std::int64_t number(const json& object, const char* key, std::int64_t otherwise) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number_integer() ? at->get<std::int64_t>() : otherwise;
}

/// A number of a hello that may be missing (`otherwise`), and is not negative.
Result<std::int64_t> declared(const json& object, const char* key, std::int64_t otherwise) {
  constexpr std::int64_t kMost = 9'000'000'000'000;  // of milliseconds, nanoseconds still fit
  const std::int64_t found = number(object, key, otherwise);
  if (found == otherwise || (found >= 0 && found <= kMost)) return found;
  return problem("hello", std::string("\"") + key + "\" is " + std::to_string(found) +
                              ", allowed are 0 to " + std::to_string(kMost));
}

Why why(const std::string& word) {
  if (word == "timeout") return Why::timeout;
  if (word == "lost") return Why::lost;
  if (word == "cancelled") return Why::cancelled;
  if (word == "not_held") return Why::not_held;
  return Why::error;
}

std::vector<std::string> keeps(const json& object) {
  std::vector<std::string> list;
  const auto at = object.find("keeps");
  if (at == object.end() || !at->is_array()) return list;
  for (const json& suffix : *at) {
    if (suffix.is_string()) list.push_back(suffix.get<std::string>());
  }
  return list;
}

}  // namespace

Result<std::string> hello(const Hello& hello) {
  json options = json::parse(hello.options, nullptr, false);
  if (!options.is_object()) {
    return problem("/contender/options", "found " + hello.options + ", allowed is a JSON object");
  }
  return json{{"op", "hello"},          {"version", kVersion},
              {"lock", hello.lock},     {"lifetime_ms", hello.lifetime_ms},
              {"worker", hello.worker}, {"options", std::move(options)}}
      .dump();
}

std::string acquire(std::int64_t timeout_ms) {
  return json{{"op", "acquire"}, {"timeout_ms", timeout_ms}}.dump();
}

std::string plain(const std::string& operation) { return json{{"op", operation}}.dump(); }

Result<Traits> read_hello(const std::string& line) {
  const auto object = reply(line);
  if (!object) {
    return problem("hello", "the program answered with no JSON object that says \"ok\": " + line);
  }
  if (!(*object)["ok"].get<bool>()) {
    const std::string message = text(*object, "message");
    return problem("hello", "the program refuses: " + (message.empty() ? line : message));
  }
  const std::int64_t version = number(*object, "version", 1);
  if (version != kVersion) {
    return problem("hello", "the program speaks version " + std::to_string(version) +
                                " of the contender protocol, this harness version " +
                                std::to_string(kVersion));
  }
  constexpr std::int64_t kMillisecond = 1'000'000;
  Traits traits;
  traits.name = text(*object, "name");
  traits.leases = flag(*object, "leases");
  traits.tokens = flag(*object, "tokens");
  traits.refresh = flag(*object, "refresh");
  traits.state = flag(*object, "state");
  traits.cancel = flag(*object, "cancel");
  const auto offset = declared(*object, "clock_offset_ms", -1);
  const auto drift = declared(*object, "drift_ppm", -1);
  const auto margin = declared(*object, "margin_ms", 0);
  for (const auto* one : {&offset, &drift, &margin}) {
    if (!*one) return tl::unexpected(one->error());
  }
  traits.clock_offset_ms = *offset;
  traits.drift_ppm = *drift;
  traits.steady_server_clock = flag(*object, "steady_server_clock");
  traits.margin_ns = *margin * kMillisecond;
  traits.keeps = keeps(*object);
  return traits;
}

std::optional<Answer> read_answer(const std::string& line, bool wants_token) {
  const auto object = reply(line);
  if (!object) return std::nullopt;
  if (!(*object)["ok"].get<bool>()) {
    const std::string word = text(*object, "why");
    const std::string message = text(*object, "message");
    return failed(why(word), message.empty() ? word : message);
  }
  Answer answer = succeeded();
  const auto token = object->find("token");
  if (token != object->end() && token->is_number_unsigned()) {
    answer.token = token->get<std::uint64_t>();
  }
  if (wants_token && answer.token == 0) return std::nullopt;
  return answer;
}

std::optional<ProbedState> read_state(const std::string& line) {
  const auto object = reply(line);
  if (!object) return std::nullopt;
  const std::string state = text(*object, "state");
  if (state == "mine") return ProbedState::mine;
  if (state == "other") return ProbedState::other;
  if (state == "free") return ProbedState::free;
  return ProbedState::unknown;
}

}  // namespace holdfast::harness::wire
