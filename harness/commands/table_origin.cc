#include "harness/commands/table_origin.h"

#include <ctime>

#include "harness/report/facts.h"

namespace holdfast::harness {

TableOrigin origin_here() {
  TableOrigin origin;
  const RunFacts facts = build_facts();
  constexpr std::size_t kShort = 12;
  origin.version = facts.version;
  if (!facts.commit.empty()) origin.version += " " + facts.commit.substr(0, kShort);
  const std::time_t now = std::time(nullptr);
  struct tm utc {};
  ::gmtime_r(&now, &utc);
  char text[16];
  origin.date.assign(text, std::strftime(text, sizeof text, "%Y-%m-%d", &utc));
  const Machine machine = read_machine("/");
  // "Linux 6.1.0-18-amd64 #1 SMP ...": the first two words.
  const std::size_t end = machine.kernel.find(' ', machine.kernel.find(' ') + 1);
  origin.machine = std::to_string(machine.cpus) + " processors, " + machine.kernel.substr(0, end);
  return origin;
}

}  // namespace holdfast::harness
