// The fencing token.
#pragma once

#include <cstdint>

namespace holdfast {

/// Grows with every grant of one lock. 0: the protocol gives none (`link`).
using Token = std::uint64_t;

}  // namespace holdfast
