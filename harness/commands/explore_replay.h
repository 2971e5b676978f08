// holdfast explore --replay: one schedule again, the story of it, and what goes wrong in it now.
#pragma once

#include <string>

#include "harness/commands/commands.h"

namespace holdfast::harness {

struct ReplayLine {
  std::string file;
  std::string export_to;  ///< a scenario instead of the story; empty: not asked for
  std::string output;     ///< keeps a run below this folder; empty: keeps none
  bool json = false;
  Arguments command_line;
};

/// The exit status: 1 the file's own mistake, 2 that where it is out_of_contract, 5 another one or
/// none.
int replay(const ReplayLine& line);

}  // namespace holdfast::harness
