// Which fields the stored facts have: one list, for writing and for reading.
#pragma once

#include <type_traits>

#include "harness/report/facts.h"

namespace holdfast::harness {

template <class T, class U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

template <Is<Mount> T, class Visit>
void each_field(T& mount, Visit visit) {
  visit("device", mount.device);
  visit("root", mount.root);
  visit("point", mount.point);
  visit("options", mount.options);
  visit("type", mount.type);
  visit("source", mount.source);
  visit("server_options", mount.server_options);
}

template <Is<Machine> T, class Visit>
void each_field(T& machine, Visit visit) {
  visit("hosts", machine.hosts);
  visit("kernel", machine.kernel);
  visit("cpu", machine.cpu);
  visit("cpus", machine.cpus);
  visit("memory_bytes", machine.memory_bytes);
  visit("load", machine.load);
  visit("clock_source", machine.clock_source);
  visit("boot_id", machine.boot_id);
  visit("directory", machine.directory);
  visit("mount", machine.mount);
  visit("problems", machine.problems);
}

template <Is<NfsOperation> T, class Visit>
void each_field(T& operation, Visit visit) {
  visit("operation", operation.operation);
  visit("count", operation.count);
}

template <Is<Terms> T, class Visit>
void each_field(T& terms, Visit visit) {
  visit("own_lock", terms.own_lock);
  visit("in_process", terms.in_process);
  visit("leases", terms.leases);
  visit("tokens", terms.tokens);
  visit("fenced", terms.fenced);
  visit("counter", terms.counter);
  visit("lifetime_ns", terms.lifetime_ns);
  visit("margin_ns", terms.margin_ns);
  visit("contract_offset_ns", terms.contract_offset_ns);
  visit("contract_drift", terms.contract_drift);
  visit("steady_server_clock", terms.steady_server_clock);
  visit("recovery_bound_ns", terms.recovery_bound_ns);
  visit("wait_bound_ns", terms.wait_bound_ns);
  visit("bypass_bound", terms.bypass_bound);
  visit("orphan_bound", terms.orphan_bound);
  visit("overstay_bound", terms.overstay_bound);
  visit("wedge_bound_ns", terms.wedge_bound_ns);
  visit("timeout_slack_ns", terms.timeout_slack_ns);
  visit("wants_contention", terms.wants_contention);
  visit("wants_kills_inside", terms.wants_kills_inside);
  visit("wants_expiry", terms.wants_expiry);
  visit("wants_faults", terms.wants_faults);
  visit("wants_of_each_fault", terms.wants_of_each_fault);
  visit("final_counter", terms.final_counter);
}

template <Is<RunFacts> T, class Visit>
void each_field(T& facts, Visit visit) {
  visit("version", facts.version);
  visit("commit", facts.commit);
  visit("build", facts.build);
  visit("command_line", facts.command_line);
  visit("again", facts.again);
  visit("started_unix_ms", facts.started_unix_ms);
  visit("ended_unix_ms", facts.ended_unix_ms);
  visit("contender", facts.contender);
  visit("interrupted", facts.interrupted);
  visit("machines", facts.machines);
  visit("nfs_operations", facts.nfs_operations);
  visit("terms", facts.terms);
}

}  // namespace holdfast::harness
