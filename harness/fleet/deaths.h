// What is known of workers that died unseen, with their agent or their whole host.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/history/event.h"

namespace holdfast::harness {

/// The last thing that a worker has recorded, as far as it can be read.
std::optional<Event> last_event(const std::string& history);

/// A worker that ended without a word, and the instant until which it surely lived: that of the
/// last event that has outlived it, on its host's clock.
struct Death {
  std::string worker;
  std::uint64_t life = 1;  ///< its generation
  std::int64_t lived_ns = 0;
};

/// Those of this host that have a history in the folder which says nothing of their end. `known`
/// are workers whose end is explained otherwise.
std::vector<Death> deaths_on(const std::string& host, const std::string& history_folder,
                             const std::set<std::string>& known);

}  // namespace holdfast::harness
