// Result<T>: a value, or the problem that stood in its way. The harness's one error convention.
#pragma once

#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace holdfast::harness {

/// What went wrong, in words for the person who has to mend it.
struct Problem {
  std::string place;  ///< file, and the place in it where there is one: "a.json: /hosts/0/workers"
  std::string message;  ///< what was found, what is allowed, and the way out

  std::string text() const { return place.empty() ? message : place + ": " + message; }
};

template <class T>
using Result = tl::expected<T, Problem>;

inline tl::unexpected<Problem> problem(std::string place, std::string message) {
  return tl::unexpected<Problem>(Problem{std::move(place), std::move(message)});
}

/// For an error of the system: "PLACE: cannot DO: Permission denied".
inline tl::unexpected<Problem> problem(std::string place, const std::string& what,
                                       std::error_code error) {
  return problem(std::move(place), "cannot " + what + ": " + error.message());
}

}  // namespace holdfast::harness
