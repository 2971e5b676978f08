#include "harness/checker/cause_story.h"

#include <stdexcept>

namespace holdfast::harness {

Finding overlap_of(Story& story, const Terms& terms) {
  const Verdict verdict = judge(story.history(), terms);
  const auto& findings = check_of(verdict, "mutual_exclusion").findings;
  if (findings.empty()) throw std::logic_error("no overlap: " + verdict.reason);
  return findings.front();
}

const Finding& only(const Verdict& verdict, const std::string& checker) {
  const auto& findings = check_of(verdict, checker).findings;
  if (findings.size() != 1) throw std::logic_error("not one: " + verdict.reason);
  return findings.front();
}

Cause cause_of(Story& story, const Terms& terms) { return overlap_of(story, terms).cause; }

Story named() {
  Story story;
  story.records_files();
  return story;
}

void take(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode) {
  story.ask(at_ms - 1, worker, Op::acquire);
  story.file(at_ms - 0.5, at_ms - 0.4, worker, FileOp::open_create, "lock", "", inode);
  story.back(at_ms, worker, Op::acquire, Phase::ok);
}

void remove(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode) {
  story.file(at_ms - 0.1, at_ms, worker, FileOp::unlink, "lock", "", inode);
}

Fault forgot(std::int64_t at_ns) {
  Fault loss;
  loss.kind = "server_forgot";
  loss.start_ns = loss.end_ns = at_ns;
  loss.effective = true;
  return loss;
}

void grant(Story& story, double at_ms, std::uint32_t worker, const std::string& from,
           const std::string& to, std::uint64_t token, int error) {
  story.ask(at_ms - 1, worker, Op::acquire);
  story.file(at_ms - 0.5, at_ms - 0.4, worker, FileOp::rename, state(from), state(to), 0, error);
  story.back(at_ms, worker, Op::acquire, Phase::ok, token);
}

std::string state(const std::string& name) { return "lock/" + name; }

}  // namespace holdfast::harness
