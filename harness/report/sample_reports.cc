#include "harness/report/sample_reports.h"

#include <cerrno>
#include <stdexcept>

#include "harness/checker/checker.h"
#include "harness/report/sample_history.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// `rest`: the members of the scenario beyond version and seed.
Scenario scenario_of(const std::string& name, const std::string& rest) {
  auto scenario = parse_scenario("{\"version\": 1, \"seed\": \"5a3f09c1\", " + rest + "}",
                                 "scenarios/" + name + ".json", {});
  if (!scenario) throw std::logic_error(scenario.error().text());
  return *scenario;
}

RunFacts facts_of(const std::string& contender) {
  RunFacts facts;
  facts.version = "0.1.0";
  facts.commit = "0123456789ab";
  facts.build = "Release, GNU 12.2.0";
  facts.command_line = {"holdfast", "run", "scenarios/crash/sample.json"};
  facts.again = "./holdfast run scenarios/crash/sample.json --seed 5a3f09c1";
  facts.started_unix_ms = 1'795'454'282'123;
  facts.ended_unix_ms = 1'795'454'292'456;
  facts.contender = contender;
  facts.terms.wedge_bound_ns = 5'000 * kMs;
  facts.terms.timeout_slack_ns = 1'000 * kMs;
  return facts;
}

Machine machine() {
  Machine machine;
  machine.hosts = {"h1", "h2"};
  machine.kernel = "Linux 6.1.0-18-amd64";
  machine.cpu = "A processor";
  machine.cpus = 2;
  machine.memory_bytes = 1ULL << 32U;
  machine.load = 0.25;
  machine.clock_source = "tsc";
  machine.boot_id = "00000000-0000-4000-8000-000000000000";
  machine.directory = "/mnt/share/locks";
  machine.mount = Mount{"0:53",
                        "/",
                        "/mnt/share",
                        {"rw", "relatime"},
                        "nfs4",
                        "server:/export",
                        {"vers=4.2", "hard"}};
  machine.problems = {"/proc/loadavg: begins with no number"};
  return machine;
}

Report report_of(const RunFacts& facts, const Scenario& scenario, SampleHistory& history) {
  RunFacts judge;
  judge.version = "0.1.0";
  judge.build = "Debug, Clang 14.0.6";
  history.sort();
  return make_report(facts, judge, scenario, history.history,
                     harness::judge(history.history, facts.terms));
}

/// One grant of a baton, with what it does to files and to the fence.
struct Turn {
  std::uint32_t worker;
  std::uint64_t token;
  double asks_ms, granted_ms, leaves_ms;
};

void take(SampleHistory& h, const Turn& turn) {
  const std::string before = "lock-0/free," + std::to_string(turn.token - 1);
  const std::string held = "lock-0/held," + std::to_string(turn.token);
  h.ask(turn.asks_ms, turn.worker);
  h.file(turn.granted_ms - 0.2, turn.granted_ms - 0.1, turn.worker, FileOp::rename, before, held,
         40 + turn.token);
  h.grant(turn.granted_ms, turn.worker, turn.token);
  h.history.events.back().until_ns = static_cast<std::int64_t>((turn.granted_ms + 2000) * 1e6);
  h.add(turn.granted_ms + 0.1, turn.worker, Op::raise, Phase::invoke).token = turn.token;
  h.add(turn.granted_ms + 0.2, turn.worker, Op::raise, Phase::ok).token = turn.token;
}

void leave(SampleHistory& h, const Turn& turn) {
  h.add(turn.leaves_ms - 0.2, turn.worker, Op::publish, Phase::invoke).token = turn.token;
  h.add(turn.leaves_ms - 0.1, turn.worker, Op::publish, Phase::ok).token = turn.token;
  h.release(turn.leaves_ms, turn.worker);
  h.file(turn.leaves_ms + 0.1, turn.leaves_ms + 0.2, turn.worker, FileOp::rename,
         "lock-0/held," + std::to_string(turn.token), "lock-0/free," + std::to_string(turn.token),
         40 + turn.token);
  h.released(turn.leaves_ms + 0.3, turn.worker);
}

RunFacts own_facts() {
  RunFacts facts = facts_of("baton");
  facts.machines = {machine()};
  Terms& terms = facts.terms;
  terms.own_lock = terms.in_process = terms.leases = terms.tokens = terms.fenced = true;
  terms.lifetime_ns = 2'000 * kMs;
  terms.margin_ns = 100 * kMs;
  terms.contract_offset_ns = 86'400'000 * kMs;
  terms.contract_drift = 0.001;
  terms.recovery_bound_ns = 2'500 * kMs;
  terms.wait_bound_ns = 10'000 * kMs;
  terms.bypass_bound = 100;
  terms.orphan_bound = 0;
  terms.overstay_bound = 0;
  terms.wants_contention = terms.wants_kills_inside = true;
  terms.wants_faults = {"kill", "clock", "pause"};
  return facts;
}

SampleHistory own_history() {
  SampleHistory h;
  h.history.locks = {"lock-0"};
  h.history.names = {""};
  const Turn turns[] = {{0, 1, 10, 12, 20},
                        {2, 2, 11, 20.8, 30},
                        {1, 3, 12, 31, 40},
                        {3, 4, 13, 41.5, 50},
                        {2, 5, 32, 51, 60}};
  for (const Turn& turn : turns) {
    take(h, turn);
    leave(h, turn);
  }
  h.file(20.5, 20.6, 1, FileOp::rename, "lock-0/free,1", "lock-0/held,2", 0, ENOENT);
  h.file(20.6, 20.7, 1, FileOp::rename, "lock-0/free,1", "lock-0/held,2", 0, ENOENT);
  h.file(20.7, 20.8, 1, FileOp::list, "lock-0");
  h.file(20.8, 20.9, 1, FileOp::stat, "lock-0/held,2", "", 0, ESTALE);
  // The sixth is killed inside; its lock is taken over when its lease has run out.
  take(h, {0, 6, 61, 62, 0});
  h.ask(63, 3);
  h.kill(70, 71, 0).target = "holder";
  h.history.faults.back().inside_hold = true;
  h.history.faults.back().at_operation = "before rename 3";
  take(h, {3, 7, 63, 2110, 0});
  std::erase_if(h.history.events, [](const Event& it) { return it.at_ns == 63 * kMs; });
  h.ask(63, 3);
  h.add(2150, 3, Op::refresh, Phase::invoke);
  h.add(2151, 3, Op::refresh, Phase::ok).until_ns = 4'150 * kMs;
  leave(h, {3, 7, 0, 0, 2200});
  h.add(2210, 3, Op::publish, Phase::invoke).token = 2;
  h.add(2211, 3, Op::publish, Phase::fail).token = 2;
  h.history.events.back().code = static_cast<std::int32_t>(Why::stale_token);
  Fault& clock = h.fault(55, 3'000, "clock");
  clock.target = "h2";
  clock.host = 1;
  clock.planned_offset_ns = clock.measured_offset_ns = 3'600'000 * kMs;
  clock.planned_rate = clock.measured_rate = 1.004;
  Fault& pause = h.fault(34, 36, "pause");
  pause.target = "any";
  pause.worker = 1;
  pause.worker_name = "h1.w2";
  pause.planned_pause_ns = 2 * kMs;
  pause.measured_pause_ns = 2'100'000;
  h.history.left_behind = {"lock-0/", "lock-0/free,7"};
  h.end(3'000);
  return h;
}

/// The same with a fence that accepts what it must refuse.
SampleHistory broken_fence() {
  SampleHistory h = own_history();
  for (Event& event : h.history.events) {
    if (event.op != Op::publish || event.phase != Phase::fail) continue;
    event.phase = Phase::ok;
    event.code = 0;
  }
  return h;
}

Scenario own_scenario() {
  return scenario_of("crash/sample", R"("contender": {"lock": "baton", "lifetime": "2s"},
    "hosts": [{"name": "h1", "workers": 2}, {"name": "h2", "workers": 2}],
    "work": {"hold": {"exponential": "8ms", "max": "50ms"}, "think": {"uniform": ["0ms", "2ms"]},
             "refresh_every": "500ms", "resource": "fenced", "patience": "10s"},
    "until": {"duration": "3s"},
    "faults": [{"fault": "kill", "target": "holder", "at": "70ms"},
               {"fault": "clock", "target": "h2", "offset": "1h", "at": "55ms"},
               {"fault": "pause", "target": "any", "for": "2ms", "at": "34ms"}],
    "expect": {"verdict": "valid"})");
}

/// h1.w1 holds; h2, whose clock is ahead, takes its lock for expired.
SampleHistory premature_break() {
  SampleHistory h;
  h.history.locks = {"lock-0"};
  h.history.names = {""};
  Fault& clock = h.fault(100, 6'000, "clock");
  clock.target = "h2";
  clock.host = 1;
  clock.planned_offset_ns = clock.measured_offset_ns = 30'000 * kMs;
  h.ask(4'700, 0);
  h.file(4'700.5, 4'700.6, 0, FileOp::link, "claim-h1", "lock-0", 7);
  h.grant(4'701, 0);
  h.ask(4'790, 2);
  h.file(4'799.9, 4'800, 2, FileOp::stat, "lock-0", "", 7);
  h.file(4'801, 4'803, 2, FileOp::unlink, "lock-0", "", 7);
  h.file(4'811, 4'811.5, 2, FileOp::link, "claim-h2", "lock-0", 9);
  h.grant(4'812, 2);
  h.release(4'900, 2);
  h.file(4'900.1, 4'900.2, 2, FileOp::unlink, "lock-0", "", 9);
  h.released(4'901, 2);
  h.release(4'950, 0);
  h.fail(4'951, 0, Op::release, Why::lost);
  h.ask(5'000, 1);
  h.fail(5'100, 1, Op::acquire, Why::cancelled);
  h.end(6'000);
  return h;
}

Report premature(const std::string& expect) {
  RunFacts facts = facts_of("flufl.lock 5.0.1");
  facts.terms.leases = true;
  facts.terms.lifetime_ns = 7'500 * kMs;
  const Scenario scenario =
      scenario_of("clock/flufl-ahead", R"("contender": {"program": ["flufl"], "lifetime": "7500ms"},
      "hosts": {"count": 2, "workers": 2}, "expect": )" +
                                           expect);
  SampleHistory history = premature_break();
  return report_of(facts, scenario, history);
}

}  // namespace

Report valid_sample() {
  SampleHistory history = own_history();
  return report_of(own_facts(), own_scenario(), history);
}

Report violated_sample() { return premature(R"({"verdict": "valid"})"); }

Report planted_sample() {
  return premature(
      R"({"verdict": "violated", "class": "mutual_exclusion", "cause": "premature_break"})");
}

Report fence_sample() {
  SampleHistory history = broken_fence();
  return report_of(own_facts(), own_scenario(), history);
}

Report also_sample() {
  SampleHistory history = broken_fence();
  for (const int error : {EACCES, EDQUOT, EIO, ENOSPC, ETIMEDOUT}) {
    history.file(2'300, 2'301, 1, FileOp::sync, "lock-0/held,7", "", 0, error);
  }
  history.file(2'302, 2'303, 1, FileOp::open_read, "lock-0/free,99", "", 0, ENOENT);
  Fault& told = history.fault(2'300, 2'301, "error");
  told.target = "h1";
  told.host = 0;
  told.sorts = {"EIO not applied"};
  told.at_operation = "sync lock-0/held,7: EIO, not carried out";
  history.history.left_behind = {"lock-0/", "lock-0/free,7", "stray"};
  Scenario scenario = own_scenario();
  scenario.expect = {Expect::Value::violated, "orphan", ""};
  return report_of(own_facts(), scenario, history);
}

Report overstay_sample() {
  RunFacts facts = own_facts();
  facts.nfs_operations = {{"LOOKUP", 3}, {"RENAME", 12}};
  facts.terms.lifetime_ns = 100 * kMs;
  facts.terms.wants_kills_inside = false;
  facts.terms.wants_faults = {"pause"};
  facts.terms.overstay_bound.reset();
  SampleHistory h;
  h.history.locks = {"lock-0"};
  h.history.names = {""};
  take(h, {0, 1, 10, 12, 0});
  h.history.events[2].until_ns = 112 * kMs;
  Fault& pause = h.fault(50, 290, "pause");
  pause.target = "holder";
  pause.worker = 0;
  pause.worker_name = "h1.w1";
  pause.inside_hold = true;
  pause.planned_pause_ns = pause.measured_pause_ns = 240 * kMs;
  h.ask(60, 2);
  h.file(219, 219.5, 2, FileOp::rename, "lock-0/held,1", "lock-0/held,2", 41);
  h.grant(220, 2, 2);
  h.history.events.back().until_ns = 320 * kMs;
  h.release(250, 2);
  h.released(251, 2);
  h.add(292, 0, Op::publish, Phase::invoke).token = 1;
  h.fail(293, 0, Op::publish, Why::stale_token);
  h.release(300, 0);
  h.fail(301, 0, Op::release, Why::lost);
  h.end(400);
  Scenario scenario = own_scenario();
  scenario.name = "pause/sample";
  return report_of(facts, scenario, h);
}

Report unknown_sample() {
  RunFacts facts = facts_of("flock");
  facts.terms.wants_contention = true;
  facts.terms.wants_faults = {"kill"};
  const Scenario scenario = scenario_of("smoke/lonely", R"("contender": "flock",
    "hosts": {"count": 1, "workers": 1}, "faults": [{"fault": "kill", "every": "10ms"}])");
  SampleHistory h;
  h.history.locks = {"lock-0"};
  for (WorkerRecord& worker : h.history.workers) worker.records_files = false;
  h.ask(10, 0);
  h.grant(11, 0);
  h.release(12, 0);
  h.released(13, 0);
  Fault& kill = h.fault(20, 20, "kill");
  kill.target = "holder";
  kill.effective = false;
  kill.why_not = "nobody held a lock";
  h.end(100);
  return report_of(facts, scenario, h);
}

Report foreign_sample() {
  RunFacts facts = facts_of("evil \x1b[31m<lock> & \"co\" \xff");
  facts.version = "1.0 [here](evil) <b>";
  facts.again = "./holdfast run 'a\nb' --seed 5a3f09c1";
  facts.terms.orphan_bound = 0;
  Scenario scenario = scenario_of("foreign/sample", R"("contender": {"program": ["evil"]},
    "work": {"arrivals": {"open": {"exponential": "10ms"}}})");
  scenario.name = "foreign/sa\nmple \xfe ]]> <b>";
  SampleHistory h;
  h.history.hosts = {{"h\x07\x31", 2 * kMs}, {"h\xc3", 3 * kMs, {{0, {{5 * kMs, -7 * kMs, kMs}}}}}};
  h.history.locks = {"lo\nck-0"};
  h.history.workers[0].name = "h1\x1b[2J.w1";
  h.history.workers[2].name = "h2\xff.w3";
  h.ask(10, 0);
  h.history.events.back().began_ns = 4 * kMs;
  h.grant(11, 0);
  h.ask(12, 2);
  h.file(12.1, 12.2, 2, FileOp::open_create, "na\nme\xff\xe2\x80\xae", "", 5, 4242);
  h.grant(20, 2);
  h.release(22, 0);
  h.released(23, 0);
  h.release(30, 2);
  h.add(31, 2, Op::release, Phase::info);
  h.history.left_behind = {"left\r\n\x1b]0;title\x07", "left \xc0\xaf"};
  h.end(100);
  return report_of(facts, scenario, h);
}

Report empty_sample() {
  return make_report(RunFacts{}, RunFacts{}, Scenario{}, History{}, judge(History{}, Terms{}));
}

Report unfit_sample() {
  SampleHistory h;
  h.ask(10, 0);
  h.history.events.back().worker = 77;
  h.end(100);
  return report_of(facts_of("baton"), own_scenario(), h);
}

Report interrupted_sample() {
  RunFacts facts = own_facts();
  facts.interrupted = true;
  SampleHistory history = own_history();
  return report_of(facts, own_scenario(), history);
}

const std::vector<SampleReport>& sample_reports() {
  static const std::vector<SampleReport> samples = {{"valid", valid_sample()},
                                                    {"violated", violated_sample()},
                                                    {"planted", planted_sample()},
                                                    {"fence", fence_sample()},
                                                    {"also", also_sample()},
                                                    {"overstay", overstay_sample()},
                                                    {"unknown", unknown_sample()},
                                                    {"foreign", foreign_sample()},
                                                    {"empty", empty_sample()},
                                                    {"unfit", unfit_sample()},
                                                    {"interrupted", interrupted_sample()}};
  return samples;
}

}  // namespace holdfast::harness
