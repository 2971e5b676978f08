#include "harness/lab/mountstats.h"

#include <algorithm>
#include <sstream>

namespace holdfast::harness::lab {

NfsCounts nfs_counts(const std::string& mountstats, const std::string& point) {
  NfsCounts counts;
  std::istringstream lines(mountstats);
  bool ours = false, operations = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("device ")) {
      ours = line.find(" mounted on " + point + " with ") != std::string::npos;
      operations = false;
    } else if (ours && line.find("per-op statistics") != std::string::npos) {
      operations = true;
    } else if (ours && operations) {
      std::istringstream words(line);
      std::string name;
      std::uint64_t asked = 0, sent = 0;
      if (words >> name >> asked >> sent && name.ends_with(':') && asked > 0) {
        name.pop_back();
        counts[name] = {asked, sent - std::min(sent, asked)};
      }
    }
  }
  return counts;
}

NfsCounts since(const NfsCounts& before, const NfsCounts& now) {
  NfsCounts asked;
  for (const auto& [name, count] : now) {
    const auto earlier = before.find(name);
    const bool booted = earlier != before.end() && earlier->second.asked > count.asked;
    const NfsCount base = earlier == before.end() || booted ? NfsCount{} : earlier->second;
    if (count.asked > base.asked) {
      asked[name] = {count.asked - base.asked, count.resent - std::min(count.resent, base.resent)};
    }
  }
  return asked;
}

}  // namespace holdfast::harness::lab
