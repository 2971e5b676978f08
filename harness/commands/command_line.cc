#include "harness/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace holdfast::harness {

std::optional<int> parse(CLI::App& app, const Arguments& arguments) {
  // CLI11 takes a vector from its back.
  Arguments reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::Success&) {
    std::cout << app.help();
    return kDone;
  } catch (const CLI::ParseError& error) {
    std::cerr << app.get_name() << ": " << error.what() << "\n"
              << "  how it is used:  " << app.get_name() << " --help\n";
    return kBadUsage;
  }
  return std::nullopt;
}

}  // namespace holdfast::harness
