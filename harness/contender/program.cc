#include "harness/contender/program.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "harness/contender/child.h"
#include "harness/contender/file_recorder.h"
#include "harness/contender/wire.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
/// How long a program may take to give up an acquire at the end of a run, within its reply bound.
constexpr std::int64_t kGivingUp = 5'000 * kMillisecond;
/// The request can come before the program has read what it is to give up: it is repeated.
constexpr std::int64_t kAskAgain = 100 * kMillisecond;

class Program final : public Contender {
 public:
  Program(std::unique_ptr<Child> child, Traits traits, std::int64_t reply_bound_ns)
      : child_(std::move(child)), traits_(std::move(traits)), reply_bound_ns_(reply_bound_ns) {}

  const Traits& traits() const override { return traits_; }
  bool ended() const override { return ended_ || child_->ended(); }

  Answer acquire(std::chrono::nanoseconds patience, const std::stop_token& stop) override {
    const bool for_ever = patience.count() < 0;
    const std::int64_t patience_ms = (patience.count() + kMillisecond - 1) / kMillisecond;
    if (!child_->write_line(wire::acquire(for_ever ? -1 : patience_ms))) return broken("ended");
    std::string line;
    const std::int64_t bound = for_ever ? -1 : patience.count() + reply_bound_ns_;
    const Child::Heard heard = child_->read_line(line, bound, stop);
    if (heard == Child::Heard::stopped) return give_up();
    return answer(heard, line, traits_.tokens);
  }

  Answer refresh() override { return ask("refresh"); }
  Answer release() override { return ask("release"); }

  ProbedState probe() override {
    std::string line;
    if (!child_->write_line(wire::plain("state"))) {
      broken("ended");
      return ProbedState::unknown;
    }
    if (child_->read_line(line, reply_bound_ns_) == Child::Heard::line) {
      if (const auto state = wire::read_state(line)) return *state;
    }
    broken("gave no state");
    return ProbedState::unknown;
  }

 private:
  Answer ask(const std::string& operation) {
    if (ended_) return broken("ended");
    if (!child_->write_line(wire::plain(operation))) return broken("ended");
    std::string line;
    const Child::Heard heard = child_->read_line(line, reply_bound_ns_);
    return answer(heard, line, false);
  }

  Answer answer(Child::Heard heard, const std::string& line, bool wants_token) {
    if (heard == Child::Heard::ended) return broken("ended without an answer");
    if (heard == Child::Heard::silence) return broken("gave no answer in time");
    const auto read = wire::read_answer(line, wants_token);
    if (!read) return broken("answered what is no reply: " + line);
    return *read;
  }

  /// The run is over while it waits for the lock. SIGTERM asks it to give that up.
  Answer give_up() {
    const std::int64_t deadline = recorder_now_ns() + std::min(reply_bound_ns_, kGivingUp);
    std::string line;
    Child::Heard heard = Child::Heard::silence;
    while (heard == Child::Heard::silence && recorder_now_ns() < deadline) {
      child_->signal(SIGTERM);
      heard = child_->read_line(line, kAskAgain);
    }
    if (heard == Child::Heard::line) return answer(heard, line, traits_.tokens);
    Answer answer = broken("was told to give up waiting, and ended or did not answer");
    answer.why = Why::cancelled;
    return answer;
  }

  Answer broken(const std::string& what) {
    if (!ended_) child_->kill();
    ended_ = true;
    Answer answer;
    answer.phase = Phase::info;
    answer.why = Why::contender;
    answer.message = "the program " + what;
    return answer;
  }

  std::unique_ptr<Child> child_;
  Traits traits_;
  std::int64_t reply_bound_ns_;
  bool ended_ = false;
};

ChildPlan child_plan(const ContenderSpec& spec, const Station& station) {
  ChildPlan plan;
  plan.program = spec.program;
  plan.errors = station.errors;
  plan.leads_group = station.alone;
  plan.environment = station.environment;
  std::string preload;
  for (const std::string& library : station.preload) {
    preload += (preload.empty() ? "" : ":") + library;
  }
  if (!preload.empty()) {
    const char* const before = std::getenv("LD_PRELOAD");
    if (before != nullptr && *before != '\0') preload += ":" + std::string(before);
    plan.environment.emplace_back("LD_PRELOAD", preload);
  }
  return plan;
}

}  // namespace

Result<std::unique_ptr<Contender>> make_program(const ContenderSpec& spec, const Station& station) {
  const std::string place = spec.program.empty() ? "/contender/program" : spec.program.front();
  if (spec.lifetime.count() % kMillisecond != 0) {
    return problem("/contender/lifetime",
                   "a program is told its lifetime in whole milliseconds, and this is none");
  }
  const auto hello = wire::hello(
      {station.path(), spec.lifetime.count() / kMillisecond, station.worker, spec.options});
  if (!hello) return tl::unexpected(hello.error());
  auto child = Child::start(child_plan(spec, station));
  if (!child) return tl::unexpected(child.error());
  std::string line;
  const auto heard = (*child)->write_line(*hello)
                         ? (*child)->read_line(line, station.reply_bound.count())
                         : Child::Heard::ended;
  if (heard == Child::Heard::silence) (*child)->kill();
  if (heard != Child::Heard::line) {
    const std::string log = station.errors.empty() ? "" : "; what it wrote is in " + station.errors;
    return problem(place, (heard == Child::Heard::silence ? "gave no answer to hello in time"
                                                          : "ended before it answered hello") +
                              log);
  }
  auto traits = wire::read_hello(line);
  if (!traits) return problem(place, traits.error().text());
  if (traits->name.empty()) traits->name = spec.name;
  return std::make_unique<Program>(std::move(*child), std::move(*traits),
                                   station.reply_bound.count());
}

}  // namespace holdfast::harness
