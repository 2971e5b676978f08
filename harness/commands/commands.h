// The commands of the program `holdfast`, one file each.
//
// A command gets what stands after its name on the command line and returns the exit status of the
// process. Only main and the commands build the real operating system's objects; everything below
// is handed them.
#pragma once

#include <string>
#include <vector>

namespace holdfast::harness {

using Arguments = std::vector<std::string>;

/// Exit statuses that any command can end with; those of verdicts stand with the verdict.
inline constexpr int kDone = 0;
inline constexpr int kBadUsage = 3;
inline constexpr int kHarnessFailed = 4;

// One for each line of the table in main.cc.
int run_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int compare_command(const Arguments& arguments);
int index_command(const Arguments& arguments);
int record_command(const Arguments& arguments);
int negative_command(const Arguments& arguments);
int league_command(const Arguments& arguments);
int explore_command(const Arguments& arguments);
int mount_command(const Arguments& arguments);
int lab_command(const Arguments& arguments);
int bench_command(const Arguments& arguments);

// Not for people: how the harness starts its own processes.
int agent_command(const Arguments& arguments);
int worker_command(const Arguments& arguments);
int mount_server_command(const Arguments& arguments);
int lab_keeper_command(const Arguments& arguments);
int lab_guest_command(const Arguments& arguments);

}  // namespace holdfast::harness
