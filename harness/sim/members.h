// Reading JSON objects strictly: what is missing, of another kind or out of range is named with its
// place, and so is a member that nobody asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "harness/sim/request.h"

namespace holdfast::harness::sim {

/// What is wrong, and where: "/setting/hosts: expected a list".
struct Bad : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One object. Everything throws Bad.
class Members {
 public:
  static constexpr std::int64_t kMostLength = 1'000'000'000'000'000'000;  ///< ns: 31 years

  /// `object` is kept by reference.
  Members(const nlohmann::json& object, std::string place);
  /// Each member must have been asked for.
  void done() const;
  bool has(const std::string& name);
  const nlohmann::json& at(const std::string& name);
  std::string place(const std::string& name) const { return place_ + "/" + name; }
  std::int64_t number(const std::string& name, std::int64_t least = INT64_MIN,
                      std::int64_t most = INT64_MAX);
  std::uint64_t word(const std::string& name);
  Duration duration(const std::string& name) { return Duration(number(name)); }
  /// From 0 to kMostLength.
  Duration length(const std::string& name) { return Duration(number(name, 0, kMostLength)); }
  bool flag(const std::string& name);
  std::string text(const std::string& name);
  /// Each object of a list.
  void each(const std::string& name, std::size_t most, const std::function<void(Members&)>& read);

 private:
  const nlohmann::json& object_;
  std::string place_;
  std::set<std::string> asked_;
};

}  // namespace holdfast::harness::sim
