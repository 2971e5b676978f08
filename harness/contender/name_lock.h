// Locks that are a name: whoever makes it holds it, and gives it back by removing it.
//
// excl (O_CREAT | O_EXCL), mkdir and symlink: the classics of shell scripts. None of them knows
// what to do about a holder that died: the name stays.
#pragma once

#include <memory>

#include "harness/contender/factory.h"

namespace holdfast::harness {

/// `kind`: "excl", "mkdir", "symlink".
std::unique_ptr<Contender> make_name_lock(const std::string& kind, const Station& station);

}  // namespace holdfast::harness
