// Words as a shell reads them.
#pragma once

#include <string>

namespace holdfast::harness {

/// A word as a shell reads it back: as it is, or within quotes.
std::string shell_quoted(const std::string& word);

}  // namespace holdfast::harness
