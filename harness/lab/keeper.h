// The process that holds a lab: its namespaces, its guests' kernels, its folder.
//
// Fault model: whoever asked for the lab can be killed at any instant, this process too, and
// nothing may stay behind. So everything of a lab lives in a process namespace and a network
// namespace whose first process is the keeper: when that ends, however it ends, the kernel ends the
// guests, and bridges and taps go with the last of them. A second process outside waits for that
// and removes the lab's folder. If both are killed the folder stays, and the lock on it is free:
// that is how a stale lab is known.
//
// A lab that nobody keeps ends when its keeper's standard input does. The control socket in the
// folder takes one request a connection, a line of JSON:
//
//   {"do": "status"}                    -> {"name", "nfs", ..., "guests": [{"name", "up", ...}]}
//   {"do": "keep"}                      from now on the end of the input is not the lab's end
//   {"do": "crash", "guest": G}         its power is cut; comes back when it is gone
//   {"do": "boot", "guest": G}          comes back at once; who waits asks the guest
//   {"do": "pause"|"resume", "guest": G}
//   {"do": "cut", "guest": G, "what": "both"|"requests"|"replies"|"nfs"|
//                                              "replies_to_a_change"}
//   {"do": "dropped", "guest": G}       -> {"dropped": packets that were cut since}
//   {"do": "heal", "guest": G}          -> the same; from here on they get through
//   {"do": "down"}
#pragma once

#include <string>

#include "harness/result/result.h"
#include "harness/scenario/lab_spec.h"

namespace holdfast::harness::lab {

struct LabSetup {
  std::string name;
  std::string shared;  ///< folder that all guests share with the outer machine; empty: one of the
                       ///< lab's own
  LabSpec spec;
};
std::string to_text(const LabSetup& setup);

/// Where labs keep what is theirs. A lab NAME has the folder NAME and the lock NAME.lock.
std::string labs_folder();
std::string lab_folder(const std::string& name);

/// Whether somebody keeps the lab of this name.
bool is_kept(const std::string& name);
/// Removes what the lab of this name left, if nobody keeps it; whether there was anything.
bool remove_stale(const std::string& name);

/// Reads a setup from standard input, a line, says {"up": true} or {"problem": ...} on standard
/// output, and keeps the lab until its end. Returns the exit status of the process.
int keep_lab();

}  // namespace holdfast::harness::lab
