#include "harness/commands/negative_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

using nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

std::size_t count_of(const std::vector<NegativeRow>& rows, bool NegativeRow::*what) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const NegativeRow& row) { return row.*what; }));
}

bool meets(const Finding& finding, const Expect& expect) {
  return name(finding.what) == expect.what &&
         (expect.cause.empty() || name(finding.cause) == expect.cause);
}

/// The first one that is as expected; nothing: there is none.
const Finding* expected_of(const Report& report) {
  const Finding* first = nullptr;
  for (const CheckResult& check : report.verdict.checks) {
    for (const Finding& finding : check.findings) {
      if (!meets(finding, report.scenario.expect)) continue;
      if (first == nullptr || finding.to_ns < first->to_ns) first = &finding;
    }
  }
  return first;
}

/// When it was evident: an overlap when it begins, what takes too long when it has.
std::int64_t evident_ns(const Report& report, const Finding& finding) {
  const std::int64_t end_ns = report.end_ns - report.start_ns;
  switch (finding.what) {
    case Class::mutual_exclusion:
    case Class::token_regression: return finding.from_ns;
    case Class::orphan: return end_ns;
    default: return finding.to_ns > 0 ? std::min(finding.to_ns, end_ns) : end_ns;
  }
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void add_once(std::vector<std::string>& to, std::string word) {
  if (std::find(to.begin(), to.end(), word) == to.end()) to.push_back(std::move(word));
}

/// One mistake breaks more than one promise; whoever reads the table sees which.
std::string beside_of(const Report& report) {
  std::vector<std::string> words;
  for (const CheckResult& check : report.verdict.checks) {
    for (const Finding& finding : check.findings) {
      const bool accuses = finding.certain && finding.what != Class::overstay &&
                           finding.what != Class::out_of_contract &&
                           finding.what != Class::inconclusive;
      if (!accuses || meets(finding, report.scenario.expect)) continue;
      const bool has_cause = finding.cause != Cause::none;
      add_once(words, words_of(std::string(name(finding.what)),
                               std::string(has_cause ? name(finding.cause) : "")));
    }
  }
  return listed(words);
}

/// Whether what was expected was found, and the run's verdict, the worst of what it found, is
/// something else. Where the scenario leaves the cause open, the verdict says it.
bool verdict_differs(const NegativeRow& row) {
  return row.right && row.found != row.expected && !row.found.starts_with(row.expected + ": ");
}

}  // namespace

std::size_t NegativeTable::caught() const { return count_of(rows, &NegativeRow::caught); }
std::size_t NegativeTable::right() const { return count_of(rows, &NegativeRow::right); }
std::size_t NegativeTable::skipped() const { return count_of(rows, &NegativeRow::skipped); }

std::string world_of(const Scenario& scenario) {
  std::string world = scenario.mount ? "mount " + scenario.mount->emulate : "local";
  if (scenario.lab) world = "lab";
  const bool separate = std::any_of(scenario.hosts.begin(), scenario.hosts.end(),
                                    [](const HostSpec& host) { return host.separate_machine; });
  return world + (separate ? ", containers" : "");
}

std::string faults_of(const Scenario& scenario) {
  std::vector<std::string> words;
  for (const FaultSpec& fault : scenario.faults) {
    const std::string kind = fault.kind == FaultSpec::Kind::kill    ? "kill "
                             : fault.kind == FaultSpec::Kind::pause ? "pause "
                                                                    : "clock ";
    add_once(words, kind + fault.target);
  }
  if (scenario.mount) {
    for (const MountFault& fault : scenario.mount->faults) {
      std::string word = mount_fault_kinds()[static_cast<std::size_t>(fault.kind)];
      std::replace(word.begin(), word.end(), '_', ' ');
      add_once(words, std::move(word));
    }
  }
  return listed(words);
}

NegativeRow row_of(const Report& report, const History& history) {
  const Expect& expect = report.scenario.expect;
  NegativeRow row;
  row.bug = short_name(report.scenario);
  row.about = report.scenario.about;
  row.expected = words_of(expect.what, expect.cause);
  row.world = world_of(report.scenario);
  row.faults = faults_of(report.scenario);
  row.again = report.facts.again;
  row.caught = report.verdict.value == Value::violated;
  row.right = report.status == ExitStatus::as_expected;
  row.found = words_of(report.verdict);
  if (row.found.empty()) row.found = name(report.verdict.value);
  row.beside = beside_of(report);
  const Finding* const finding = expected_of(report);
  const std::int64_t at_ns =
      finding != nullptr ? evident_ns(report, *finding) : report.end_ns - report.start_ns;
  row.seconds = static_cast<double>(at_ns) / 1e9;
  for (const Event& event : history.events) {
    const bool granted = event.op == Op::acquire && event.phase == Phase::ok;
    if (granted && event.at_ns <= at_ns) ++row.grants;
  }
  return row;
}

/// What was expected and was found, and what the run's verdict names instead.
std::string found_words(const NegativeRow& row) {
  if (!verdict_differs(row)) return row.found;
  return row.expected + " (the verdict names " + row.found + ")";
}

std::string row_text(const NegativeRow& row) {
  constexpr std::size_t kBug = 26, kFound = 34, kWorld = 24;
  const std::string word = row.skipped  ? "skipped"
                           : row.right  ? "caught"
                           : row.caught ? "WRONG"
                                        : "MISSED";
  std::string text = padded(word, 9) + padded(row.bug, kBug);
  if (row.skipped) return text + row.found + "\n";
  text += padded(found_words(row) + " ", kFound) + padded(row.world + " ", kWorld) + "after " +
          counted(row.grants, "grant") + ", " + with_decimals(row.seconds, 1) + " s";
  if (row.tries > 1) text += ", in run " + std::to_string(row.tries);
  if (!row.right) text += "\n         expected was " + row.expected + ";  again:  " + row.again;
  return text + "\n";
}

std::string table_summary(const NegativeTable& table) {
  const std::size_t run = table.rows.size() - table.skipped();
  const auto differs = std::count_if(table.rows.begin(), table.rows.end(), verdict_differs);
  std::string text =
      std::to_string(table.caught()) + " of " + std::to_string(run) + " planted mistakes caught" +
      (table.in.empty() ? "" : " in " + table.in) + ", " + std::to_string(table.right()) +
      " by the right class and cause" +
      (differs == 0 ? "" : " (of " + std::to_string(differs) + " the verdict names another)") +
      ", in " + with_decimals(table.seconds, 0) + " s";
  if (table.skipped() != 0) text += "; " + std::to_string(table.skipped()) + " skipped";
  return text + "\n";
}

/// What stands above the table.
std::string markdown_head(const NegativeTable& table) {
  const bool own = table.in.empty();
  const std::string command =
      own ? "./holdfast negative --table reports" : "./holdfast negative --in " + table.in;
  const std::string title = own ? "# Planted mistakes, and what caught them"
                                : "# Which planted mistakes `" + table.in + "` catches";
  const char* const where =
      own ? "Each is a lock with one mistake, in `scenarios/negative`, where the file of the same "
            "name is. "
          : "Each is a lock with one mistake, of `scenarios/negative`, in the place of the "
            "scenario's own lock.\nIts hosts, work, faults and mount stayed as they are; *world* "
            "and *faults* are those in which the\nmistake's own scenario shows it. ";
  return title + "\n\nWritten by `" + command + "`, " + table.origin.date + ", holdfast " +
         table.origin.version + ", on " + table.origin.machine + ".\n\n" + table_summary(table) +
         "\n" + where +
         "*Beside\nit*: what else the same run found, all of which has to come of that mistake. "
         "*After* says how many\ngrants and seconds of a run it took until the mistake was "
         "evident; *runs*, how many runs.\n\n"
         "| mistake | what it is | found as | beside it | world | faults | after | runs |\n"
         "|---|---|---|---|---|---|---|---|\n";
}

std::string table_markdown(const NegativeTable& table) {
  std::string text = markdown_head(table);
  for (const NegativeRow& row : table.rows) {
    const std::string found = row.skipped ? "skipped: " + row.found
                              : row.right
                                  ? "`" + found_words(row) + "`"
                                  : "**" + row.found + "**, expected `" + row.expected + "`";
    const std::string after =
        row.skipped ? ""
                    : counted(row.grants, "grant") + ", " + with_decimals(row.seconds, 1) + " s";
    text += "| `" + row.bug + "` | " + row.about + " | " + found + " | " + row.beside + " | " +
            row.world + " | " + row.faults + " | " + after + " | " + std::to_string(row.tries) +
            " |\n";
  }
  return text;
}

std::string table_json(const NegativeTable& table) {
  ordered_json json = {{"schema_version", kSchemaVersion},
                       {"version", table.origin.version},
                       {"in", table.in.empty() ? ordered_json() : ordered_json(table.in)},
                       {"date", table.origin.date},
                       {"machine", table.origin.machine},
                       {"took_s", table.seconds},
                       {"planted", table.rows.size()},
                       {"caught", table.caught()},
                       {"right", table.right()},
                       {"skipped", table.skipped()},
                       {"rows", ordered_json::array()}};
  for (const NegativeRow& row : table.rows) {
    json["rows"].push_back({{"bug", row.bug},
                            {"about", row.about},
                            {"expected", row.expected},
                            {"found", row.found},
                            {"beside", row.beside},
                            {"caught", row.caught},
                            {"right", row.right},
                            {"skipped", row.skipped},
                            {"world", row.world},
                            {"faults", row.faults},
                            {"grants", row.grants},
                            {"after_s", row.seconds},
                            {"runs", row.tries},
                            {"again", row.again}});
  }
  return json.dump(2) + "\n";
}

}  // namespace holdfast::harness
