// What the build puts into the program of web/ and of the plotting library: see embed.cmake.
#pragma once

#include <string_view>

namespace holdfast::harness::web {

extern const std::string_view kScript;
extern const std::string_view kStyle;
extern const std::string_view kScriptSha256;  ///< in hexadecimal
extern const std::string_view kStyleSha256;
extern const std::string_view kNotices;  ///< of what is not holdfast's own; no "--" in it

}  // namespace holdfast::harness::web
