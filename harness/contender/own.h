// holdfast's own locks as contenders, through the same door as everybody's: holdfast::Lock.
//
// Between the lock and the operating system stand, from the inside: the recorder of file
// operations, the crash point, the injected clock, and the identity of the logical host.
#pragma once

#include <memory>

#include "harness/contender/factory.h"

namespace holdfast::harness {

/// "baton" and "link", as `spec.lock` says.
Result<std::unique_ptr<Contender>> make_own_lock(const ContenderSpec& spec, const Station& station);

}  // namespace holdfast::harness
