// A contender's options, as a scenario gives them: a JSON object.
#pragma once

#include <holdfast/options.h>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// What `baton` and `link` are to be made with.
///
/// Errors: an option that there is not, a value of a wrong type or that is no duration; the
/// option's
///         place is named. Whether a value is in its range is the lock's own business.
Result<Options> own_options(const ContenderSpec& spec);

/// For contenders that have none: a problem if one was given.
Result<void> no_options(const ContenderSpec& spec);

}  // namespace holdfast::harness
