#include "harness/sim/members.h"

#include <nlohmann/json.hpp>

#include "harness/scenario/nearest.h"

namespace holdfast::harness::sim {

using nlohmann::json;

Members::Members(const json& object, std::string place)
    : object_(object), place_(std::move(place)) {
  if (!object.is_object()) throw Bad((place_.empty() ? "" : place_ + ": ") + "expected an object");
}

void Members::done() const {
  for (const auto& member : object_.items()) {
    if (asked_.contains(member.key())) continue;
    throw Bad(place(member.key()) + ": " +
              unknown_word("member", member.key(), {asked_.begin(), asked_.end()}));
  }
}

bool Members::has(const std::string& name) {
  asked_.insert(name);
  return object_.contains(name);
}

const json& Members::at(const std::string& name) {
  asked_.insert(name);
  if (object_.contains(name)) return object_[name];
  std::vector<std::string> names;
  for (const auto& member : object_.items()) names.push_back(member.key());
  const std::string near = nearest(name, names);
  throw Bad(place_ + ": '" + name + "' is missing" +
            (near.empty() ? "" : "; did you mean it by '" + near + "'?"));
}

std::int64_t Members::number(const std::string& name, std::int64_t least, std::int64_t most) {
  const json& value = at(name);
  if (!value.is_number_integer()) throw Bad(place(name) + ": expected a whole number");
  const auto found = value.get<std::int64_t>();
  if (found >= least && found <= most) return found;
  throw Bad(place(name) + ": " + std::to_string(found) + " is not within " + std::to_string(least) +
            " and " + std::to_string(most));
}

std::uint64_t Members::word(const std::string& name) {
  const json& value = at(name);
  if (!value.is_number_unsigned()) throw Bad(place(name) + ": expected a whole number");
  return value.get<std::uint64_t>();
}

bool Members::flag(const std::string& name) {
  const json& value = at(name);
  if (!value.is_boolean()) throw Bad(place(name) + ": expected true or false");
  return value.get<bool>();
}

std::string Members::text(const std::string& name) {
  const json& value = at(name);
  if (!value.is_string()) throw Bad(place(name) + ": expected a text");
  return value.get<std::string>();
}

void Members::each(const std::string& name, std::size_t most,
                   const std::function<void(Members&)>& read) {
  const json& value = at(name);
  if (!value.is_array() || value.size() > most) {
    throw Bad(place(name) + ": expected a list of at most " + std::to_string(most));
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    Members members(value[i], place(name) + "/" + std::to_string(i));
    read(members);
    members.done();
  }
}

}  // namespace holdfast::harness::sim
