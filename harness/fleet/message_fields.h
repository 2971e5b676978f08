// Which members of which struct travel, and under which names: one list serves both directions.
// For agent_protocol.cc.
#pragma once

#include "harness/fleet/agent_protocol.h"

namespace holdfast::harness {

template <class Visit>
void fields(Visit& visit, Distribution& of) {
  visit("shape", of.shape);
  visit("low", of.low);
  visit("high", of.high);
}

template <class Visit>
void fields(Visit& visit, ContenderSpec& of) {
  visit("name", of.name);
  visit("lock", of.lock);
  visit("program", of.program);
  visit("lifetime", of.lifetime);
  visit("options", of.options);
  visit("record_files", of.record_files);
}

template <class Visit>
void fields(Visit& visit, Work& of) {
  visit("hold", of.hold);
  visit("think", of.think);
  visit("refresh_every", of.refresh_every);
  visit("resource", of.resource);
  visit("arrivals", of.arrivals);
  visit("patience", of.patience);
  visit("planted_fence", of.planted_fence);
}

template <class Visit>
void fields(Visit& visit, WorkerPlan& of) {
  visit("name", of.name);
  visit("host", of.host);
  visit("separate_machine", of.separate_machine);
  visit("slot", of.slot);
  visit("seed", of.seed);
  visit("directory", of.directory);
  visit("locks", of.locks);
  visit("history", of.history);
  visit("survives_power_cut", of.survives_power_cut);
  visit("errors", of.errors);
  visit("clock_page", of.clock_page);
  visit("faketime", of.faketime);
  visit("contender", of.contender);
  visit("work", of.work);
  visit("ordered", of.ordered);
  visit("patience", of.patience_ns);
  visit("reply_bound", of.reply_bound_ns);
  visit("crash_operation", of.crash_operation);
  visit("crash_at", of.crash_at);
  visit("crash_before", of.crash_before);
  visit("crash_control", of.crash_control);
  visit("crash_mark", of.crash_mark);
}

/// Only kills at a file operation travel, and only what they need.
template <class Visit>
void fields(Visit& visit, FaultSpec& of) {
  visit("target", of.target);
  visit("operation", of.operation);
  visit("before", of.before);
  visit("after", of.after);
  visit("nth", of.nth);
  visit("within", of.within);
}

template <class Visit>
void fields(Visit& visit, HostOrders& of) {
  visit("host", of.host);
  visit("name", of.name);
  visit("seed", of.seed);
  visit("first_slot", of.first_slot);
  visit("workers", of.workers);
  visit("lives_before", of.lives_before);
  visit("crashes", of.crashes);
  visit("crash_quota", of.crash_quota);
  visit("own_kernel", of.own_kernel);
  visit("own", of.own);
  visit("clock_page", of.clock_page);
  visit("faketime", of.faketime);
  visit("faketime_libraries", of.faketime_libraries);
}

template <class Visit>
void fields(Visit& visit, Strike& of) {
  visit("id", of.id);
  visit("at", of.at_ns);
  visit("kind", of.kind);
  visit("target", of.target);
  visit("whom", of.whom);
  visit("hosts", of.hosts);
  visit("slot", of.slot);
  visit("seed", of.seed);
  visit("pause", of.pause_ns);
  visit("offsets", of.offsets_ns);
  visit("rate", of.rate);
}

template <class Visit>
void fields(Visit& visit, Fault& of) {
  visit("id", of.id);
  visit("kind", of.kind);
  visit("target", of.target);
  visit("host", of.host);
  visit("worker", of.worker_name);
  visit("start", of.start_ns);
  visit("end", of.end_ns);
  visit("effective", of.effective);
  visit("why_not", of.why_not);
  visit("inside_hold", of.inside_hold);
  visit("planned_offset", of.planned_offset_ns);
  visit("measured_offset", of.measured_offset_ns);
  visit("planned_rate", of.planned_rate);
  visit("measured_rate", of.measured_rate);
  visit("planned_pause", of.planned_pause_ns);
  visit("measured_pause", of.measured_pause_ns);
  visit("at_operation", of.at_operation);
}

template <class Visit>
void fields(Visit& visit, Problem& of) {
  visit("place", of.place);
  visit("message", of.message);
}

// The messages. `tag` is what stands behind "do" or "is".

inline const char* tag(const Hello&) { return "hello"; }
template <class Visit>
void fields(Visit& visit, Hello& of) {
  visit("version", of.version);
}

inline const char* tag(const Prepare&) { return "prepare"; }
template <class Visit>
void fields(Visit& visit, Prepare& of) {
  visit("orders", of.orders);
}

inline const char* tag(const Go&) { return "go"; }
template <class Visit>
void fields(Visit&, Go&) {}

inline const char* tag(const Inject&) { return "inject"; }
template <class Visit>
void fields(Visit& visit, Inject& of) {
  visit("strike", of.strike);
}

inline const char* tag(const Finish&) { return "finish"; }
template <class Visit>
void fields(Visit& visit, Finish& of) {
  visit("grace", of.grace_ns);
}

inline const char* tag(const AskClock&) { return "clock"; }
template <class Visit>
void fields(Visit& visit, AskClock& of) {
  visit("sent", of.sent_ns);
}

inline const char* tag(const Kept&) { return "kept"; }
template <class Visit>
void fields(Visit& visit, Kept& of) {
  visit("bytes", of.bytes);
}

inline const char* tag(const Echo&) { return "echo"; }
template <class Visit>
void fields(Visit& visit, Echo& of) {
  visit("index", of.index);
  visit("life", of.life);
  visit("at", of.at_ns);
}

inline const char* tag(const ClockTold&) { return "clock"; }
template <class Visit>
void fields(Visit& visit, ClockTold& of) {
  visit("sent", of.sent_ns);
  visit("got", of.got_ns);
  visit("answered", of.answered_ns);
}

inline const char* tag(const Parcel&) { return "parcel"; }
template <class Visit>
void fields(Visit& visit, Parcel& of) {
  visit("file", of.file);
  visit("at", of.at);
  visit("bytes", of.bytes);
  visit("packed", of.packed);
}

inline const char* tag(const Greeting&) { return "hello"; }
template <class Visit>
void fields(Visit& visit, Greeting& of) {
  visit("version", of.version);
  visit("pid", of.pid);
  visit("clock", of.clock);
}

inline const char* tag(const Prepared&) { return "prepared"; }
template <class Visit>
void fields(Visit&, Prepared&) {}

inline const char* tag(const Tally&) { return "tally"; }
template <class Visit>
void fields(Visit& visit, Tally& of) {
  visit("grants", of.grants);
  visit("workers", of.workers);
}

inline const char* tag(const Struck&) { return "struck"; }
template <class Visit>
void fields(Visit& visit, Struck& of) {
  visit("fault", of.fault);
  visit("over", of.over);
}

inline const char* tag(const NobodyInside&) { return "nobody_inside"; }
template <class Visit>
void fields(Visit& visit, NobodyInside& of) {
  visit("strike", of.strike);
}

inline const char* tag(const Notice&) { return "notice"; }
template <class Visit>
void fields(Visit& visit, Notice& of) {
  visit("index", of.index);
  visit("life", of.life);
}

inline const char* tag(const Finishing&) { return "finishing"; }
template <class Visit>
void fields(Visit& visit, Finishing& of) {
  visit("at", of.at_ns);
}

inline const char* tag(const Finished&) { return "finished"; }
template <class Visit>
void fields(Visit&, Finished&) {}

inline const char* tag(const Trouble&) { return "trouble"; }
template <class Visit>
void fields(Visit& visit, Trouble& of) {
  visit("problem", of.problem);
}

inline const char* tag(const WorkerPrepared&) { return "prepared"; }
template <class Visit>
void fields(Visit&, WorkerPrepared&) {}

inline const char* tag(const WorkerNotice&) { return "notice"; }
template <class Visit>
void fields(Visit&, WorkerNotice&) {}

inline const char* tag(const WorkerEnded&) { return "ended"; }
template <class Visit>
void fields(Visit& visit, WorkerEnded& of) {
  visit("in_order", of.in_order);
}

}  // namespace holdfast::harness
