#include "harness/bench/ratios.h"

#include <iomanip>

namespace holdfast::harness {

const std::vector<Ratio>& promised_ratios() {
  static const std::vector<Ratio> ratios = {
      {"baton, acquire + release, against its two bare renames, memory",
       "lock_and_unlock/baton_memory", "bare_two_renames/memory", 1.25},
      {"baton, acquire + release, against its two bare renames, disk", "lock_and_unlock/baton_disk",
       "bare_two_renames/disk", 1.25},
      {"link, acquire + release, against its own bare calls, memory", "lock_and_unlock/link_memory",
       "bare_link_calls/memory", 1.25},
      {"link, acquire + release, against its own bare calls, disk", "lock_and_unlock/link_disk",
       "bare_link_calls/disk", 1.25},
      {"baton, handed to a process that waits, against a rename and an inotify event",
       "handoff_baton", "handoff_bare", 1.5},
      {"baton, handed to a sleeping process, against two renames and the event",
       "handoff_baton_sleeping", "handoff_two_renames", 1.25},
      {"baton, handed to a sleeping process, against a rename and an inotify event",
       "handoff_baton_sleeping", "handoff_bare", 0},
      {"emulated mount, one client, against libfuse's own pass-through", "mount_emulated/1",
       "mount_passthrough/1", 3},
      {"emulated mount, eight clients, against libfuse's own pass-through", "mount_emulated/8",
       "mount_passthrough/8", 3},
      {"baton against flock(2), memory", "lock_and_unlock/baton_memory", "bare_flock/memory", 0},
      {"baton against flock(2), disk", "lock_and_unlock/baton_disk", "bare_flock/disk", 0},
  };
  return ratios;
}

int print_ratios(std::ostream& out, const std::vector<Ratio>& ratios,
                 const std::map<std::string, double>& medians) {
  int missed = 0;
  for (const Ratio& ratio : ratios) {
    const auto measured = medians.find(ratio.measured);
    const auto base = medians.find(ratio.base);
    if (measured == medians.end() || base == medians.end() || base->second <= 0) continue;
    const double value = measured->second / base->second;
    out << "  " << std::fixed << std::setprecision(2) << std::setw(6) << value << " x  "
        << ratio.about;
    if (ratio.at_most > 0) {
      const bool kept = value <= ratio.at_most;
      missed += kept ? 0 : 1;
      out << "  (at most " << ratio.at_most << (kept ? ": kept)" : ": MISSED)");
    }
    out << "\n";
  }
  return missed;
}

}  // namespace holdfast::harness
