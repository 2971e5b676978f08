// What the build puts into the program of web/ and of the plotting library: see embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::harness::web {

/// A long text, one piece after the other: compilers limit a literal's length.
using Pieces = std::span<const std::string_view>;

extern const Pieces kScript;
extern const Pieces kStyle;
extern const std::string_view kScriptSha256;  ///< in hexadecimal
extern const std::string_view kStyleSha256;
extern const Pieces kNotices;  ///< of what is not holdfast's own; no "--" in it

}  // namespace holdfast::harness::web
