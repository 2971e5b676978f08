#include "harness/page/sample_runs.h"

#include <algorithm>
#include <stdexcept>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

SampleRun run_of(const std::string& name, const std::string& contender, Terms terms,
                 History history) {
  auto scenario = parse_scenario(
      R"({"version": 1, "seed": "5a3f09c1", "contender": "baton", "hosts": {"count": 4}})",
      "scenarios/" + name + ".json", {});
  if (!scenario) throw std::logic_error(scenario.error().text());
  scenario->name = name;
  RunFacts facts;
  facts.version = "0.1.0";
  facts.commit = "0123456789ab";
  facts.build = "Release, GNU 12.2.0";
  facts.command_line = {"holdfast", "run", "scenarios/" + name + ".json"};
  facts.again = "./holdfast run scenarios/" + name + ".json --seed 5a3f09c1";
  facts.started_unix_ms = 1'795'454'282'123;
  facts.ended_unix_ms = 1'795'454'292'456;
  facts.contender = contender;
  facts.terms = std::move(terms);
  Machine machine;
  machine.hosts = {"h1", "h2", "h3", "h4"};
  machine.kernel = "Linux 6.1.0-18-amd64";
  machine.cpu = "A processor";
  machine.cpus = 2;
  machine.directory = "/mnt/share/locks";
  machine.mount = Mount{"0:53",
                        "/",
                        "/mnt/share",
                        {"rw", "relatime"},
                        "nfs4",
                        "server:/export",
                        {"vers=4.2", "hard"}};
  facts.machines = {machine};
  const Verdict verdict = judge(history, facts.terms);
  Report report = make_report(facts, facts, *scenario, history, verdict);
  return {name, std::move(history), std::move(report)};
}

/// A baton's holds, one after the other, while the next in turn wait.
void take_turns(Story& story, std::size_t from, std::size_t to, std::uint32_t workers) {
  for (std::size_t turn = from; turn < to; ++turn) {
    const auto worker = static_cast<std::uint32_t>(turn * 7 % workers);
    const double at = static_cast<double>(turn) * 4;
    const double jitter = static_cast<double>(turn * 31 % 17) / 10;
    story.grant(at - 9 - jitter, at, worker, turn + 1, at + 1000);
    story.release(at + 1.5 + jitter, worker);
  }
}

}  // namespace

SampleRun valid_run() {
  Story story(4);
  for (std::uint32_t i = 4; i < 8; ++i) story.worker("h" + std::to_string(i - 3) + ".x", i - 4);
  story.clock(300, 900, 1, 3'600'000, 1.004);
  story.raw().faults.back().planned_offset_ns = 3'600'000 * kMs;
  story.raw().faults.back().planned_rate = 1.004;
  story.pause(500, 540, 3);
  story.raw().faults.back().measured_pause_ns = 40 * kMs;
  // Its clock is set anew before what was done to it first is said to be over.
  story.clock(700, 1'500, 1, -90'000);
  story.raw().faults.back().planned_offset_ns = -90'000 * kMs;
  // The third host has a clock of its own, which is compared with the controller's all through.
  RecorderClock clock;
  for (std::int64_t i = 0; i < 20; ++i) {
    clock.samples.push_back({i * 120 * kMs, 7'000 * kMs + i * 2'000, 30'000 + i % 3 * 8'000});
  }
  story.raw().hosts[2].clocks = {clock};
  take_turns(story, 10, 300, 8);
  // One is killed inside; its lock is taken over when its lease has run out.
  story.grant(1198, 1205, 4, 301, 2205);
  story.kill(1300, 1301, 4);
  story.grant(1230, 2310, 0, 302, 3310).release(2320, 0);
  story.grant(1240, 2321, 6, 303, 3321).release(2330, 6);
  Terms terms = own_terms();
  terms.wants_contention = terms.wants_kills_inside = true;
  return run_of("crash/sample", "baton", terms, story.history(2500));
}

SampleRun violated_run() {
  Story story(4);
  story.records_files();
  story.clock(100, 6'000, 1, 30'000);
  story.raw().faults.back().planned_offset_ns = 30'000 * kMs;
  for (std::size_t turn = 0; turn < 60; ++turn) {
    const auto worker = static_cast<std::uint32_t>(turn % 4);
    const double at = 200 + 60 * static_cast<double>(turn);
    story.grant(at - 70, at, worker).release(at + 40, worker);
  }
  story.file(4'700.5, 4'700.6, 0, FileOp::link, "lock|h1|8203|57227648941178691720", "lock", 7);
  story.grant(4'690, 4'701, 0);
  story.file(4'799.9, 4'800, 1, FileOp::stat, "lock", "", 7);
  story.file(4'801, 4'803, 1, FileOp::unlink, "lock", "", 7);
  story.file(4'811, 4'811.5, 1, FileOp::link, "lock|h2|8192|62732994893514917640", "lock", 9);
  story.grant(4'790, 4'812, 1).release(4'900, 1);
  // The other one is still inside when the run ends, and its lease goes on beyond that.
  story.file(4'900.1, 4'900.2, 1, FileOp::unlink, "lock", "", 9);
  return run_of("clock/sample", "flufl.lock 5.0.1", program_terms(7'500), story.history(6'000));
}

SampleRun overstay_run() {
  Story story(2);
  const std::uint16_t second = story.lock("second");
  story.grant(10, 11, 1, 12, 1'011).release(20, 1);
  story.grant(15, 21, 0, 13, 1'021);
  story.of(second).grant(30, 31, 1, 5, 1'031).release(40, 1);
  story.of(0).refuse(50, 60, 1);
  story.pause(70, 1'300, 0);
  story.raw().faults.back().measured_pause_ns = 1'230 * kMs;
  story.grant(90, 1'200, 1, 14, 2'200).refresh(1'230, 1'232, 1, 2'232).release(1'280, 1);
  story.release(1'310, 0, Phase::fail, Why::lost);
  return run_of("pause/sample", "baton", own_terms(), story.history(1'400));
}

SampleRun wedged_run() {
  Story story(2);
  story.grant(10, 11, 0, 1, 1'011).release(20, 0).refuse(15, 3'000, 1);
  // The call comes back so late that its lease is over.
  story.grant(3'100, 3'900, 1, 2, 3'500).release(3'910, 1);
  Terms terms = own_terms();
  terms.wedge_bound_ns = 500 * kMs;
  return run_of("wedge/sample", "baton", terms, story.history(4'000));
}

SampleRun unknown_run() {
  Story story(1);
  story.grant(10, 11, 0).release(12, 0);
  Terms terms = plain_terms();
  terms.wants_contention = true;
  return run_of("smoke/lonely", "flock", terms, story.history(100));
}

SampleRun hostile_run() {
  const std::string attack = "<img src=x onerror=alert(1)></script><!-- \x1b[31m \xe2\x80\xae\xff";
  Story story(2);
  story.records_files();
  story.raw().hosts[0].name = attack + "0";
  story.raw().workers[0].name = attack + "1";
  story.raw().locks[0] = attack + "2";
  story.file(4, 5, 0, FileOp::link, attack + "3", attack + "2", 7);
  story.grant(1, 6, 0);
  story.file(7, 8, 1, FileOp::unlink, attack + "2", "", 7);
  story.file(8, 9, 1, FileOp::link, attack + "4", attack + "2", 8);
  story.grant(2, 10, 1).release(20, 1).release(30, 0);
  History history = story.history(100);
  history.left_behind = {attack + "5"};
  return run_of("foreign/sample " + attack, attack, program_terms(7'500), std::move(history));
}

SampleRun unfit_run() {
  Story story(1);
  story.grant(10, 11, 0);
  story.raw().events.back().worker = 77;
  History history = story.raw();
  history.end_ns = 100 * kMs;
  return run_of("smoke/unfit", "baton", own_terms(), std::move(history));
}

SampleRun long_run(std::size_t holds) {
  Story story(4);
  for (std::uint32_t i = 4; i < 32; ++i) {
    story.worker("h" + std::to_string(i % 4 + 1) + ".w" + std::to_string(i), i % 4);
  }
  const double end_ms = static_cast<double>(holds) * 4;
  for (int i = 1; i < 50; ++i) {
    const double at_ms = end_ms * i / 50;
    story.pause(at_ms, at_ms + end_ms / 1'000, static_cast<std::uint32_t>(i) % 32);
  }
  take_turns(story, 10, holds + 10, 32);
  for (std::size_t turn = 10; turn < holds + 10; ++turn) {
    const double at_ms = static_cast<double>(turn) * 4;
    story.file(at_ms + 0.1, at_ms + 0.2, static_cast<std::uint32_t>(turn * 7 % 32), FileOp::stat,
               "lock");
  }
  for (std::uint32_t worker = 0; worker < 32; ++worker) story.end(end_ms + 100, worker);
  History history = std::move(story.raw());
  std::stable_sort(history.events.begin(), history.events.end(),
                   [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });
  history.end_ns = static_cast<std::int64_t>((end_ms + 100) * kMs);
  return run_of("scale/sample", "baton", own_terms(), std::move(history));
}

std::string sample_story() {
  return R"({"schema_version": 1, "contender": "flufl_exact",
  "mistake": {"class": "mutual_exclusion", "cause": "premature_break", "out_of_contract": true,
              "sentence": "p2 was granted the lock while p1 held it.", "at_ns": 3000000},
  "hosts": [{"name": "a", "machine": "m1", "wall_offset_ns": 0, "rate_ppm": 0},
            {"name": "b", "machine": "m2", "wall_offset_ns": 30000000000, "rate_ppm": 100}],
  "processes": [{"name": "p1", "host": 0, "rounds": 1}, {"name": "p2", "host": 1, "rounds": 1},
                {"name": "p3", "host": 1, "rounds": 0}],
  "states": [{"lock": "nothing", "files": []},
             {"lock": "p1's", "files": [
               {"path": "lock", "words": "lock", "type": "file", "inode": 7, "links": 2,
                "contents": "a|1|<b>"},
               {"path": "claim-a", "words": "claim-a", "type": "file", "inode": 7, "links": 2,
                "contents": "a|1|<b>"}]}],
  "steps": [
    {"at_ns": 1000000, "kind": "call", "process": 0, "host": 0, "who": "p1",
     "words": "asks for the lock", "mishap": null, "lanes": ["waits", "outside", "outside"],
     "state": 0, "clocks": [
       {"wall_ns": 1000000, "steady_ns": 1, "stands_still": false, "cut_off": false},
       {"wall_ns": 30001000000, "steady_ns": 1, "stands_still": false, "cut_off": false}],
     "server_wall_ns": 1000000, "left_out_before": 0},
    {"at_ns": 2000000, "kind": "operation", "process": 0, "host": 0, "who": "p1",
     "words": "link claim-a lock: no answer", "mishap": "lost_reply",
     "lanes": ["holds", "waits", "outside"], "state": 1, "clocks": [
       {"wall_ns": 2000000, "steady_ns": 2, "stands_still": true, "cut_off": false},
       {"wall_ns": 30002000000, "steady_ns": 2, "stands_still": false, "cut_off": false}],
     "server_wall_ns": 2000000, "left_out_before": 3},
    {"at_ns": 3000000, "kind": "call", "process": 1, "host": 1, "who": "p2",
     "words": "granted", "mishap": null, "lanes": ["holds_without_lease", "holds", "outside"],
     "state": 1, "clocks": [
       {"wall_ns": 3000000, "steady_ns": 3, "stands_still": false, "cut_off": false},
       {"wall_ns": 30003000000, "steady_ns": 3, "stands_still": false, "cut_off": true}],
     "server_wall_ns": 3000000, "left_out_before": 0}]})";
}

std::vector<SampleRun> sample_runs() {
  return {valid_run(),   violated_run(), overstay_run(), wedged_run(),
          unknown_run(), hostile_run(),  unfit_run()};
}

}  // namespace holdfast::harness
