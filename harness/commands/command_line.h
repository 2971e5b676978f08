// What all commands do alike with their command line.
#pragma once

#include <optional>

#include "harness/commands/commands.h"

namespace CLI {
class App;
}

namespace holdfast::harness {

/// Reads `arguments` into what `app` binds. A value: the command is over with this exit status, as
/// help was asked for and given, or as the usage was wrong and standard error says what and how.
std::optional<int> parse(CLI::App& app, const Arguments& arguments);

}  // namespace holdfast::harness
