// holdfast: a table of commands.
#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include "harness/commands/commands.h"

namespace {

using holdfast::harness::Arguments;

struct Command {
  std::string_view name;
  std::string_view about;  ///< one line of help; empty: not for people
  int (*run)(const Arguments&);
};

constexpr std::array kCommands{
    Command{"run", "runs scenarios and judges them", holdfast::harness::run_command},
    Command{"check", "judges stored runs again", holdfast::harness::check_command},
    Command{"report", "shows a stored run as text, Markdown, JSON, JUnit's XML or a page",
            holdfast::harness::report_command},
    Command{"compare", "tells what differs between two runs, or two sets of runs",
            holdfast::harness::compare_command},
    Command{"index", "makes a page of all runs below a folder", holdfast::harness::index_command},
    Command{"negative", "runs locks with a known mistake each: the harness must catch them all",
            holdfast::harness::negative_command},
    Command{"record", "shows the bugs on record again, and notes by which commit",
            holdfast::harness::record_command},
    Command{"league", "locks that people use, ours included, under the same faults",
            holdfast::harness::league_command},
    Command{"explore", "the locks on a simulated NFS, under every schedule that time allows",
            holdfast::harness::explore_command},
    Command{"mount", "a directory as several hosts see it over NFS, for any program",
            holdfast::harness::mount_command},
    Command{"lab", "a real NFS server and real clients, as virtual machines on this one",
            holdfast::harness::lab_command},
    Command{"bench", "what the locks cost, against the bare system calls",
            holdfast::harness::bench_command},
    Command{"agent", "", holdfast::harness::agent_command},
    Command{"worker", "", holdfast::harness::worker_command},
    Command{"mountserver", "", holdfast::harness::mount_server_command},
    Command{"labkeeper", "", holdfast::harness::lab_keeper_command},
    Command{"labguest", "", holdfast::harness::lab_guest_command},
};

void print_help(std::ostream& out) {
  out << "holdfast: file locks for many hosts, and the harness that tries to break them\n\n"
         "  holdfast COMMAND [ARGUMENT...]\n\n";
  for (const Command& command : kCommands) {
    if (command.about.empty()) continue;
    out << "  " << command.name
        << std::string(10 - std::min<std::size_t>(9, command.name.size()), ' ') << command.about
        << "\n";
  }
  out << "\n"
         "  holdfast COMMAND --help   what a command takes, with examples\n"
         "  holdfast --version\n\n"
         "Exit status of run and check: 0 as the scenario expects, 1 violated, 2 unknown, 3 bad "
         "usage\n"
         "or bad scenario, 4 the harness failed, 5 another verdict than expected, 6 skipped,\n"
         "130 interrupted.\n";
}

int unknown_command(std::string_view name) {
  std::cerr << "holdfast: there is no command '" << name << "'; there are:";
  for (const Command& command : kCommands) {
    if (!command.about.empty()) std::cerr << " " << command.name;
  }
  std::cerr << "\n  what they do:  holdfast --help\n";
  return holdfast::harness::kBadUsage;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) {
    print_help(std::cerr);
    return holdfast::harness::kBadUsage;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(std::cout);
    return holdfast::harness::kDone;
  }
  if (words[0] == "--version") {
    std::cout << "holdfast " HOLDFAST_VERSION "\n";
    return holdfast::harness::kDone;
  }
  for (const Command& command : kCommands) {
    if (command.name == words[0]) return command.run(Arguments(words.begin() + 1, words.end()));
  }
  return unknown_command(words[0]);
}
