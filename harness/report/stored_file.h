// The small files of a run's folder, read and written whole.
#pragma once

#include <string>

#include "harness/result/result.h"

namespace holdfast::harness {

/// Errors: the path, and the system's reason.
Result<std::string> read_stored(const std::string& path);

/// Replaces the file in one step: whoever reads it meanwhile sees the old one or the new one.
Result<void> write_stored(const std::string& path, const std::string& text);

}  // namespace holdfast::harness
