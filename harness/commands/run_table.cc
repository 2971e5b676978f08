#include "harness/commands/run_table.h"

#include <ctime>

#include "harness/report/facts.h"
#include "harness/report/stored_file.h"

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

std::string short_name(const Scenario& scenario) {
  return scenario.name.substr(scenario.name.rfind('/') + 1);
}

std::string words_of(const std::string& what, const std::string& cause) {
  return what + (cause.empty() ? "" : ": " + cause);
}

std::string words_of(const Verdict& verdict) {
  if (verdict.first_class == Class::none) return "";
  const bool has_cause = verdict.first_cause != Cause::none;
  return words_of(std::string(name(verdict.first_class)),
                  std::string(has_cause ? name(verdict.first_cause) : ""));
}

Result<void> write_table(const std::string& folder, const std::string& name,
                         const std::string& markdown, const std::string& json) {
  auto written = write_stored(folder + "/" + name + ".md", markdown);
  return written ? write_stored(folder + "/" + name + ".json", json) : written;
}

}  // namespace holdfast::harness
