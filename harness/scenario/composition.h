// What a scenario is made of before it is read: of another one that it is like, of what its own
// file says, and of its long form, if that is asked for. Each is laid over the one before as a JSON
// merge patch: objects member by member, null takes away, and all else replaces.
// Source: RFC 7396.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// The text of a scenario's file.
///
/// Errors:  it cannot be read, or is too large to be one.
Result<std::string> scenario_text(const std::string& file);

/// The whole of the scenario in `text` as one object, without the keys `like` and `long`.
///
/// Errors:  what is no JSON or no object, and where; the scenario that it is like cannot be read,
///          has mistakes of its own, or is like another one itself.
Result<nlohmann::json> compose(const std::string& text, const std::string& file, Form form);

}  // namespace holdfast::harness
