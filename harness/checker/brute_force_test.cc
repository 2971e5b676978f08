// The judge against a second one that is slow and simple, and against locks that are right.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "harness/checker/testing/naive_judge.h"
#include "harness/checker/testing/random_history.h"

namespace holdfast::harness {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif
constexpr int kHistories = kSanitized ? 4'000 : 100'000;
constexpr int kRightHistories = kSanitized ? 1'000 : 10'000;

/// HOLDFAST_SEED=... repeats a run.
std::uint64_t seed() {
  if (const char* given = std::getenv("HOLDFAST_SEED")) return std::strtoull(given, nullptr, 0);
  return (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
}

NaiveCounts counts_of(const Verdict& verdict) {
  const auto of = [&](Class what) {
    const auto found = verdict.counts.find(what);
    return found == verdict.counts.end() ? std::uint64_t{0} : found->second;
  };
  NaiveCounts counts;
  counts.grants = verdict.power.grants;
  counts.contended = verdict.power.contended_grants;
  counts.certain = of(Class::mutual_exclusion);
  // Without a grant there is one finding of another kind: nothing happened.
  counts.uncertain = of(Class::inconclusive) - (counts.grants == 0 ? 1 : 0);
  counts.overstays = of(Class::overstay);
  counts.token_regressions = of(Class::token_regression);
  counts.lost_updates = of(Class::lost_update);
  counts.wedges = of(Class::wedge);
  counts.slow_recoveries = of(Class::slow_recovery);
  counts.overtaken = of(Class::starvation);
  counts.spurious_losses = of(Class::spurious_loss);
  counts.breaches = of(Class::api_contract);
  return counts;
}

std::string text(const NaiveCounts& counts) {
  std::string all;
  const auto say = [&](const char* what, std::uint64_t number) {
    all += std::string(what) + " " + std::to_string(number) + ", ";
  };
  say("grants", counts.grants);
  say("certain", counts.certain);
  say("uncertain", counts.uncertain);
  say("overstays", counts.overstays);
  say("token_regressions", counts.token_regressions);
  say("lost_updates", counts.lost_updates);
  say("wedges", counts.wedges);
  say("slow_recoveries", counts.slow_recoveries);
  say("overtaken", counts.overtaken);
  say("spurious_losses", counts.spurious_losses);
  say("contended", counts.contended);
  say("breaches", counts.breaches);
  return all;
}

/// One line for each event and fault: what a person needs to see who is right.
std::string tell(const Case& it) {
  const char* ops[] = {"",      "worker",  "acquire", "refresh", "release", "told", "update",
                       "raise", "publish", "probe",   "file",    "enter",   "leave"};
  const char* phases[] = {"", "invoke", "ok", "fail", "info"};
  std::string all = "own " + std::to_string(it.terms.own_lock) + " leases " +
                    std::to_string(it.terms.leases) + " lifetime " +
                    std::to_string(it.terms.lifetime_ns / 1'000'000) + " margin " +
                    std::to_string(it.terms.margin_ns / 1'000'000) + " wedge " +
                    std::to_string(it.terms.wedge_bound_ns / 1'000'000) + " recovery " +
                    std::to_string(it.terms.recovery_bound_ns.value_or(0) / 1'000'000) + " end " +
                    std::to_string(it.history.end_ns / 1'000'000) + "\n";
  for (const HostRecord& host : it.history.hosts) {
    all += host.name + " +-" + std::to_string(host.uncertainty_ns / 1'000'000) + "\n";
  }
  for (const Fault& fault : it.history.faults) {
    all += fault.kind + " " + fault.worker_name + fault.target + " " +
           std::to_string(fault.start_ns / 1'000'000) + " .. " +
           std::to_string(fault.end_ns / 1'000'000) + "\n";
  }
  for (const Event& event : it.history.events) {
    all += std::to_string(event.at_ns / 1'000'000) + "\t" + it.history.workers[event.worker].name +
           "@" + std::to_string(it.history.workers[event.worker].host) + " lock" +
           std::to_string(event.lock) + " " + ops[static_cast<int>(event.op)] + " " +
           phases[static_cast<int>(event.phase)] + " until " +
           std::to_string(event.until_ns / 1'000'000) + " token " + std::to_string(event.token) +
           " value " + std::to_string(event.value) + " code " + std::to_string(event.code) + "\n";
  }
  return all;
}

TEST(Judge, AgreesWithANaiveOneOnRandomHistories) {
  const std::uint64_t first = seed();
  std::printf("seed %#llx\n", static_cast<unsigned long long>(first));
  std::map<Class, std::uint64_t> found;
  std::uint64_t uncertain = 0;
  for (int i = 0; i < kHistories; ++i) {
    Random random(derived_seed(first, "history", static_cast<std::uint64_t>(i)));
    const Case it = random_case(random);
    const Verdict verdict = judge(it.history, it.terms);
    ASSERT_FALSE(verdict.counts.contains(Class::harness_error))
        << "history " << i << ": " << verdict.reason << "\n"
        << tell(it);
    const NaiveCounts swept = counts_of(verdict), naive = naive_judge(it.history, it.terms);
    ASSERT_EQ(swept, naive) << "history " << i << "\nswept " << text(swept) << "\nnaive "
                            << text(naive) << "\n"
                            << tell(it);
    for (const auto& [what, number] : verdict.counts) found[what] += number > 0 ? 1 : 0;
    uncertain += naive.uncertain > 0 ? 1 : 0;
  }
  // Agreement on histories in which nothing happens would mean nothing.
  const auto share = static_cast<std::uint64_t>(kHistories / 1000);
  EXPECT_GT(uncertain, share);
  for (const Class what : {Class::mutual_exclusion, Class::overstay, Class::token_regression,
                           Class::lost_update, Class::wedge, Class::slow_recovery,
                           Class::starvation, Class::spurious_loss, Class::api_contract}) {
    EXPECT_GT(found[what], share) << name(what);
  }
}

TEST(Judge, NeverAccusesALockThatIsRight) {
  const std::uint64_t first = seed();
  std::printf("seed %#llx\n", static_cast<unsigned long long>(first));
  std::uint64_t grants = 0, kills = 0, overstays = 0;
  for (int i = 0; i < kRightHistories; ++i) {
    Random random(derived_seed(first, "right", static_cast<std::uint64_t>(i)));
    const Case it = right_case(random);
    const Verdict verdict = judge(it.history, it.terms);
    ASSERT_FALSE(verdict.counts.contains(Class::harness_error))
        << "history " << i << ": " << verdict.reason << "\n"
        << tell(it);
    ASSERT_NE(verdict.value, Value::violated) << "history " << i << ": " << verdict.reason << "\n"
                                              << tell(it);
    grants += verdict.power.grants;
    kills += verdict.power.kills_inside;
    overstays += verdict.counts.contains(Class::overstay) ? 1 : 0;
  }
  EXPECT_GT(grants, 5U * kRightHistories);
  EXPECT_GT(kills, kRightHistories / 20U);
  EXPECT_GT(overstays, kRightHistories / 100U);
}

}  // namespace
}  // namespace holdfast::harness
