// Hand-written histories for tests: who did what when, one line each.
//
// Instants are milliseconds, so that a story reads like one; events may be told in any order, and
// those of one instant stay in the order in which they were told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checker/checker.h"
#include "harness/history/history.h"

namespace holdfast::harness {

inline constexpr std::int64_t kMs = 1'000'000;

class Story {
 public:
  /// Hosts h1, h2, ...; one worker on each until more are added; one lock called "lock".
  explicit Story(std::uint32_t hosts = 4);

  std::uint32_t worker(const std::string& name, std::uint32_t host);
  void records_files(bool yes = true);
  std::uint16_t lock(const std::string& name);

  // One call is two lines: what was asked, and what came back.
  Story& ask(double at_ms, std::uint32_t worker, Op op, std::uint64_t token = 0);
  Story& back(double at_ms, std::uint32_t worker, Op op, Phase phase, std::uint64_t token = 0,
              Why why = Why::none);
  /// An acquire that was granted. `until_ms`: by the lock's own word; 0: it has none.
  Story& grant(double sent_ms, double at_ms, std::uint32_t worker, std::uint64_t token = 0,
               double until_ms = 0);
  Story& refuse(double sent_ms, double at_ms, std::uint32_t worker, Why why = Why::timeout);
  /// Ordered mode: asked and answered at once by the worker's clock; `heard_ms` by the
  /// controller's.
  Story& heard(double at_ms, std::uint32_t worker, Op op, double heard_ms);
  Story& release(double at_ms, std::uint32_t worker, Phase phase = Phase::ok, Why why = Why::none);
  Story& refresh(double sent_ms, double at_ms, std::uint32_t worker, double until_ms);
  Story& lose(double sent_ms, double at_ms, std::uint32_t worker);  ///< a refresh: lost
  Story& told(double at_ms, std::uint32_t worker);
  Story& update(double sent_ms, double at_ms, std::uint32_t worker, std::uint64_t value);
  Story& probe(double at_ms, std::uint32_t worker, ProbedState state);
  Story& end(double at_ms, std::uint32_t worker);  ///< in order

  /// A file operation that took from `began_ms` to `at_ms`.
  Story& file(double began_ms, double at_ms, std::uint32_t worker, FileOp op,
              const std::string& name, const std::string& other = {}, std::uint64_t inode = 0,
              int error = 0);

  Story& kill(double start_ms, double end_ms, std::uint32_t worker);
  Story& pause(double start_ms, double end_ms, std::uint32_t worker);
  Story& clock(double start_ms, double end_ms, std::uint32_t host, double offset_ms,
               double rate = 1);

  /// Which lock the events that follow are about.
  Story& of(std::uint16_t lock);

  History& raw() { return history_; }
  /// Everybody who neither ended nor was killed ends in order at the end, `end_ms`.
  History history(double end_ms = 1'000'000);

 private:
  Event& add(double at_ms, std::uint32_t worker, Op op, Phase phase);
  std::uint32_t name(const std::string& text);

  History history_;
  std::uint16_t lock_ = 0;
};

/// Terms of an own lock with a lifetime of 1 s and tokens, and of a program without leases.
Terms own_terms();
Terms program_terms(double lifetime_ms);
Terms plain_terms();

/// The result of one checker.
const CheckResult& check_of(const Verdict& verdict, const std::string& checker);

}  // namespace holdfast::harness
