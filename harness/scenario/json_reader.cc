#include "harness/scenario/json_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/scenario/duration.h"
#include "harness/scenario/json_text.h"
#include "harness/scenario/nearest.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// 0.5, not 0.500000.
std::string print_number(double number) { return json(number).dump(); }

}  // namespace

void Complaints::add(const std::string& pointer, std::string message) {
  list_.push_back({pointer.empty() ? file_ : file_ + ": " + pointer, std::move(message)});
}

Problem Complaints::as_problem() const {
  Problem all = list_.front();
  for (std::size_t i = 1; i < list_.size(); ++i) all.message += "\n" + list_[i].text();
  return all;
}

void Node::wrong(const std::string& allowed) const {
  complain("found " + shown(*value) + ", allowed is " + allowed);
}

std::optional<std::string> read_text(const Node& node) {
  if (node.value->is_string()) return node.value->get<std::string>();
  node.wrong("a string");
  return std::nullopt;
}

std::optional<bool> read_bool(const Node& node) {
  if (node.value->is_boolean()) return node.value->get<bool>();
  node.wrong("true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> read_count(const Node& node, Range<std::uint64_t> range) {
  if (node.value->is_number_unsigned()) {
    const auto count = node.value->get<std::uint64_t>();
    if (count >= range.least && count <= range.most) return count;
  }
  node.wrong("a whole number from " + std::to_string(range.least) + " to " +
             std::to_string(range.most));
  return std::nullopt;
}

std::optional<double> read_number(const Node& node, Range<double> range) {
  if (node.value->is_number()) {
    const auto number = node.value->get<double>();
    if (number >= range.least && number <= range.most) return number;
  }
  node.wrong("a number from " + print_number(range.least) + " to " + print_number(range.most));
  return std::nullopt;
}

std::optional<Nanoseconds> read_duration(const Node& node, Nanoseconds least) {
  if (node.value->is_number()) {
    const std::string number = shown(*node.value);
    node.wrong("a duration with its unit, as a string; write \"" + number + "ms\" or \"" + number +
               "s\"");
    return std::nullopt;
  }
  if (!node.value->is_string()) {
    node.wrong(R"(a duration with its unit, as a string, such as "1.5ms", "2s" or "1h")");
    return std::nullopt;
  }
  auto duration = parse_duration(node.value->get<std::string>());
  if (!duration) {
    node.complain(duration.error().message);
    return std::nullopt;
  }
  if (*duration >= least) return *duration;
  node.wrong("a duration of at least " + print_duration(least));
  return std::nullopt;
}

std::optional<Nanoseconds> read_duration_between(const Node& node, Nanoseconds least,
                                                 Nanoseconds most) {
  const auto duration = read_duration(node, least);
  if (duration && *duration > most) node.wrong("a duration of at most " + print_duration(most));
  return duration;
}

namespace {

std::optional<Distribution> read_uniform(const Node& node) {
  const auto ends = read_list(node, "a list of two durations, the least and the most");
  if (ends.size() != 2) {
    if (node.value->is_array()) node.wrong("a list of two durations, the least and the most");
    return std::nullopt;
  }
  const auto low = read_duration(ends[0]);
  const auto high = read_duration(ends[1]);
  if (!low || !high) return std::nullopt;
  if (*low > *high) {
    node.wrong("a list of two durations of which the first is not above the second");
    return std::nullopt;
  }
  return Distribution{Distribution::Shape::uniform, *low, *high};
}

std::optional<Distribution> read_exponential(const Node& mean_node,
                                             const std::optional<Node>& cut) {
  const auto mean = read_duration(mean_node, Nanoseconds{1});
  const auto most = cut ? read_duration(*cut, Nanoseconds{1}) : Nanoseconds{0};
  if (!mean || !most) return std::nullopt;
  if (cut && *most < *mean) {
    cut->wrong("a duration not below the mean, " + print_duration(*mean));
    return std::nullopt;
  }
  return Distribution{Distribution::Shape::exponential, *mean, *most};
}

}  // namespace

std::optional<Distribution> read_distribution(const Node& node) {
  constexpr const char* kAllowed =
      R"(a duration ("1ms"), {"uniform": ["0ms", "2ms"]}, or {"exponential": "1ms", "max": )"
      R"("50ms"})";
  if (!node.value->is_object()) {
    if (node.value->is_string() || node.value->is_number()) {
      const auto value = read_duration(node);
      if (!value) return std::nullopt;
      return Distribution{Distribution::Shape::constant, *value, {}};
    }
    node.wrong(kAllowed);
    return std::nullopt;
  }
  ObjectReader object(node, kAllowed);
  const auto constant = object.find("constant");
  const auto uniform = object.find("uniform");
  const auto exponential = object.find("exponential");
  const auto max = exponential ? object.find("max") : std::nullopt;
  object.finish();
  if (int{constant.has_value()} + int{uniform.has_value()} + int{exponential.has_value()} != 1) {
    node.wrong(kAllowed);
    return std::nullopt;
  }
  if (exponential) return read_exponential(*exponential, max);
  if (uniform) return read_uniform(*uniform);
  const auto value = read_duration(*constant);
  if (!value) return std::nullopt;
  return Distribution{Distribution::Shape::constant, *value, {}};
}

std::optional<std::size_t> read_word(const Node& node, const char* what,
                                     const std::vector<std::string>& words) {
  const auto text = read_text(node);
  if (!text) return std::nullopt;
  const auto at = std::find(words.begin(), words.end(), *text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  node.complain(unknown_word(what, *text, words));
  return std::nullopt;
}

std::vector<Node> read_list(const Node& node, const char* what) {
  std::vector<Node> elements;
  if (!node.value->is_array()) {
    node.wrong(what);
    return elements;
  }
  for (std::size_t i = 0; i < node.value->size(); ++i) {
    elements.push_back(
        {&(*node.value)[i], join_pointer(node.pointer, std::to_string(i)), node.complaints});
  }
  return elements;
}

ObjectReader::ObjectReader(Node node, const char* allowed)
    : node_(std::move(node)), usable_(node_.value->is_object()) {
  if (!usable_) node_.wrong(allowed);
}

std::optional<Node> ObjectReader::find(const char* key) {
  known_.emplace_back(key);
  if (!usable_) return std::nullopt;
  const auto at = node_.value->find(key);
  if (at == node_.value->end()) return std::nullopt;
  return Node{&*at, join_pointer(node_.pointer, key), node_.complaints};
}

void ObjectReader::finish() const {
  if (!usable_) return;
  for (const auto& [key, value] : node_.value->items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    node_.complaints->add(join_pointer(node_.pointer, key), unknown_word("key", key, known_));
  }
}

}  // namespace holdfast::harness
