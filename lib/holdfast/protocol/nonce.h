// Random bits as they stand in names: 16 hexadecimal digits, in lower case.
//
// A private name, of a probe, a blob, or something that is moved aside, is told from a stranger's
// by exactly this form: whoever keeps a lock "app" may keep "app.aside.backup" beside it, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

std::string nonce_text(std::uint64_t nonce);

/// nullopt for everything that nonce_text() does not write.
std::optional<std::uint64_t> parse_nonce(std::string_view text);

}  // namespace holdfast
