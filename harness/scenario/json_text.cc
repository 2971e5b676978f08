#include "harness/scenario/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace holdfast::harness {
namespace {

using nlohmann::json;

std::string position(const std::string& text, std::size_t byte) {
  const std::size_t end = std::min(byte, text.size());
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i + 1 < end; ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// nlohmann's own words after "...: ", without its number and position.
std::string bare_message(const std::string& what) {
  const std::size_t column = what.find("column ");
  const std::size_t colon =
      column == std::string::npos ? what.rfind("] ") : what.find(": ", column);
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

/// Watches the keys of what is open and remembers the place of the first that comes twice.
class DuplicateWatch {
 public:
  bool operator()(int, json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start: open({}); break;
      case json::parse_event_t::array_start: open(0); break;
      case json::parse_event_t::key: see(parsed.get_ref<const std::string&>()); break;
      case json::parse_event_t::value: next(); break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        levels_.pop_back();
        next();
        break;
    }
    return true;
  }
  /// The pointer to the member, and its key; empty if no key came twice.
  const std::string& pointer() const { return pointer_; }
  const std::string& key() const { return key_; }

 private:
  struct Level {
    std::optional<std::size_t> index;  ///< of the element to come, in a list
    std::string key;                   ///< of the member to come
    std::set<std::string> keys;
  };

  void open(std::optional<std::size_t> index) { levels_.push_back({index, {}, {}}); }
  void see(const std::string& key) {
    levels_.back().key = key;
    if (levels_.back().keys.insert(key).second || !pointer_.empty()) return;
    key_ = key;
    for (const Level& level : levels_) {
      pointer_ = join_pointer(pointer_, level.index ? std::to_string(*level.index) : level.key);
    }
  }
  void next() {
    if (!levels_.empty() && levels_.back().index) ++*levels_.back().index;
  }

  std::vector<Level> levels_;
  std::string pointer_, key_;
};

/// The tokens between the slashes, unescaped; nothing if `pointer` is no JSON pointer.
std::optional<std::vector<std::string>> split_pointer(const std::string& pointer) {
  if (pointer.empty() || pointer.front() != '/') return std::nullopt;
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    const char c = pointer[at];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else {
      const char escaped = ++at < pointer.size() ? pointer[at] : '\0';
      if (escaped != '0' && escaped != '1') return std::nullopt;
      tokens.back() += escaped == '0' ? '~' : '/';
    }
  }
  return tokens;
}

Result<json> override_value(const Override& change) {
  json value = json::parse(change.value, nullptr, false);
  if (!value.is_discarded()) return value;
  const bool word =
      !change.value.empty() && std::string("{[\"").find(change.value.front()) == std::string::npos;
  if (word) return json(change.value);
  return problem("--set " + change.pointer, "the value " + change.value +
                                                " is no JSON; quote it for the shell, as in "
                                                "--set '/work/hold={\"exponential\":\"1ms\"}'");
}

/// The member or element of `at` that `token` names, made if it may be.
Result<json*> step_into(json& at, const std::string& token, const Override& change) {
  const std::string place = "--set " + change.pointer;
  if (at.is_null()) at = json::object();
  if (at.is_object()) return &at[token];
  if (!at.is_array()) {
    return problem(place, "\"" + token + "\" is asked of " + shown(at) + ", which has no members");
  }
  if (token == "-") return &at.emplace_back();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size() || index >= at.size()) {
    return problem(place, "\"" + token + "\" is no element of a list of " +
                              std::to_string(at.size()) +
                              "; allowed are 0 and up, and - to append");
  }
  return &at[index];
}

}  // namespace

Result<json> parse_json(const std::string& text, const std::string& file) {
  DuplicateWatch watch;
  try {
    json value = json::parse(text, std::ref(watch));
    if (!watch.pointer().empty()) {
      return problem(
          file + ": " + watch.pointer(),
          "the key \"" + watch.key() + "\" stands twice in one object; remove one of the two");
    }
    return value;
  } catch (const json::parse_error& error) {
    return problem(file + ": " + position(text, error.byte),
                   "no JSON: " + bare_message(error.what()));
  }
}

std::string join_pointer(const std::string& pointer, const std::string& key) {
  std::string joined = pointer + "/";
  for (const char c : key) joined += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return joined;
}

Result<void> apply_override(json& to, const Override& change) {
  const auto tokens = split_pointer(change.pointer);
  if (!tokens) {
    return problem("--set " + change.pointer,
                   "this is no JSON pointer; one looks like /hosts/0/workers");
  }
  auto value = override_value(change);
  if (!value) return tl::unexpected(value.error());
  json* at = &to;
  for (const std::string& token : *tokens) {
    auto next = step_into(*at, token, change);
    if (!next) return tl::unexpected(next.error());
    at = *next;
  }
  *at = std::move(*value);
  return {};
}

std::string shown(const json& value) {
  constexpr std::size_t kMost = 60;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= kMost) return text;
  std::size_t cut = kMost - 3;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "...";
}

}  // namespace holdfast::harness
