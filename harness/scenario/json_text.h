// JSON text as people write it, read strictly: no duplicate keys, errors by line and column,
// and single values replaced by JSON pointer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// Reads one JSON value.
///
/// Errors:  "FILE: line 3, column 5: ..." for what is no JSON, and for a key that stands twice in
///          one object (of which JSON readers silently take one or the other).
Result<nlohmann::json> parse_json(const std::string& text, const std::string& file);

/// POINTER/KEY with the escapes of JSON pointers.
std::string join_pointer(const std::string& pointer, const std::string& key);

/// Puts the value of `change` where its pointer says. Objects on the way are made; "-" appends to a
/// list. A value that is no JSON and looks like a word is taken as a string.
Result<void> apply_override(nlohmann::json& to, const Override& change);

/// A value in as many characters as fit in a message.
std::string shown(const nlohmann::json& value);

}  // namespace holdfast::harness
