// Any program over the contender protocol: README.md in this folder says what it has to do.
//
// Whatever it does wrong - a line that is no reply, no reply in time, an early end - is an
// operation of unknown outcome, and the end of its use: it is killed, and its worker with it is
// replaced.
#pragma once

#include <memory>

#include "harness/contender/factory.h"

namespace holdfast::harness {

/// Starts the program and greets it.
Result<std::unique_ptr<Contender>> make_program(const ContenderSpec& spec, const Station& station);

}  // namespace holdfast::harness
