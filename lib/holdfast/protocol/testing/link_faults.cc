#include <holdfast/os/testing/errnos.h>
#include <holdfast/protocol/testing/link_faults.h>

#include <map>

namespace holdfast::testing {

using os::testing::kAgain;
using os::testing::kDoubts;
using os::testing::kRefusals;
using std::chrono::seconds;

std::error_code LinkCase::take(Link& link, Patience patience) {
  std::error_code error;
  link.acquire(patience, {}, error);
  return error;
}

void LinkCase::give(Link& link) {
  std::error_code error;
  link.release(error);
  EXPECT_FALSE(error) << error.message();
}

bool LinkCase::is_as(const std::string& claim) const {
  return world.exists("LOCK") && world.contents("LOCK") == claim;
}

bool LinkCase::is_anybody_of_a() const {
  return world.exists("LOCK") && world.contents("LOCK").find("|a.example|11|") != std::string::npos;
}

void LinkCase::expect_recovery(Duration within) {
  const os::Stamp start = world.clock.now();
  EXPECT_FALSE(take(*next, Patience::of(within)));
  EXPECT_LE(os::least_elapsed(start, world.clock.now()), within);
  EXPECT_TRUE(next->held());
  give(*next);
}

std::vector<Fault> faults_of(const Call& call, std::size_t nth) {
  const Operation operation = call.operation;
  std::vector<Fault> all;
  const auto add = [&](Effect effect, int error = 0) {
    all.push_back({operation, effect, error, nth});
  };
  for (const int error : kRefusals) add(Effect::refused, error);
  for (const int error : kAgain) add(Effect::refused, error), add(Effect::reply_lost, error);
  for (const int error : kDoubts) {
    add(Effect::refused, error);
    add(Effect::reply_lost, error);
    add(Effect::late, error);
  }
  add(Effect::resent);
  // A move of the lock that comes again after all is well is a limit: link_limits_test.cc.
  if (call.to.find(".aside.") == std::string::npos) add(Effect::repeated);
  add(Effect::crash_before);
  add(Effect::crash_after);
  return all;
}

std::string text_of(const Fault& fault) {
  return "operation " + std::to_string(static_cast<int>(fault.operation)) + " no. " +
         std::to_string(fault.nth) + ", effect " + std::to_string(static_cast<int>(fault.effect)) +
         ", errno " + std::to_string(fault.error);
}

void enumerate(const Preparation& prepare, const Preparation& run,
               const std::function<void(const Fault&)>& each) {
  LinkCase clean;
  prepare(clean);
  clean.a.files.forget_calls();
  run(clean);
  std::map<Operation, std::size_t> count;
  std::size_t faults = 0;
  for (const Call& call : clean.a.files.calls()) {
    const std::size_t nth = ++count[call.operation];
    for (const Fault& fault : faults_of(call, nth)) {
      SCOPED_TRACE(text_of(fault) + ": " + call.from + ' ' + call.to);
      each(fault);
      ++faults;
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(faults, 100u);
}

void nothing(LinkCase&) {}
void take_it(LinkCase& one) { EXPECT_FALSE(one.take(*one.lock, Patience::none())); }

void make_expired(LinkCase& one) {
  const std::string claim = kForeignClaim.substr(kForeignClaim.rfind('/') + 1);
  one.world.write(claim, kForeignClaim);
  one.world.set_modified(claim, -seconds(11));
  ASSERT_FALSE(
      os::native().files->link(one.world.scratch.path() + '/' + claim, one.world.lock_path()));
}

void acquire_under(const Fault& fault, const Preparation& prepare, Patience patience,
                   Duration recovery) {
  LinkCase one;
  prepare(one);
  one.a.files.add(fault);
  std::error_code error;
  try {
    error = one.take(*one.lock, patience);
  } catch (const Crash&) {
    if (one.earlier->held()) one.give(*one.earlier);
    one.expect_recovery(kLifetime + kSlop + kMargin);
    return;
  }
  const bool granted = !error;
  EXPECT_EQ(one.lock->held(), granted);
  if (granted) {
    EXPECT_TRUE(one.is_as(one.lock->claim_path()));
    one.a.files.deliver_late();
    EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
    EXPECT_TRUE(one.is_as(one.lock->claim_path()));
    one.give(*one.lock);
  } else {
    EXPECT_TRUE(error == Errc::outcome_unknown || !one.is_anybody_of_a()) << error.message();
    one.a.files.deliver_late();
    EXPECT_TRUE(error == Errc::outcome_unknown || !one.is_anybody_of_a()) << error.message();
    if (one.lock->owes_release()) one.lock->release(error);
  }
  EXPECT_FALSE(one.lock->owes_release());
  EXPECT_FALSE(one.is_anybody_of_a());
  if (one.earlier->held()) one.give(*one.earlier);
  // What else was broken or not by then: nobody waits for longer than the breakers' baton.
  one.expect_recovery(granted ? kMargin : recovery);
}

void release_under(const Fault& fault, const Preparation& prepare) {
  LinkCase one;
  prepare(one);
  one.a.files.add(fault);
  std::error_code error;
  try {
    one.lock->release(error);
  } catch (const Crash&) {
    one.expect_recovery(kLifetime + kSlop + kMargin);
    return;
  }
  EXPECT_FALSE(one.lock->held());
  if (!error) {
    EXPECT_FALSE(one.is_anybody_of_a());
    EXPECT_FALSE(one.lock->owes_release());
  }
  // Whatever is applied now must not hit who has come since.
  const bool free = !one.is_anybody_of_a();
  EXPECT_TRUE(!free || !one.take(*one.next, Patience::none()));
  one.a.files.deliver_late();
  if (free) {
    EXPECT_TRUE(one.is_as(one.next->claim_path()));
    std::error_code kept;
    one.next->refresh(kLifetime, kept);
    EXPECT_FALSE(kept);
    one.next->release(kept);
  }
  if (one.lock->owes_release()) one.lock->release(error);
  EXPECT_FALSE(one.lock->owes_release());
  EXPECT_FALSE(one.is_anybody_of_a());
  one.expect_recovery(Duration::zero());
}

void refresh_under(const Fault& fault, const Preparation& prepare) {
  LinkCase one;
  prepare(one);
  const Duration left = one.lock->remaining();
  one.a.files.add(fault);
  std::error_code error;
  try {
    one.lock->refresh(kLifetime, error);
  } catch (const Crash&) {
    one.expect_recovery(kLifetime + kSlop + kMargin);
    return;
  }
  EXPECT_NE(error, Errc::lost);
  EXPECT_TRUE(one.is_as(one.lock->claim_path()));
  EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
  EXPECT_TRUE(!error || one.lock->remaining() <= left) << "as if it was not renewed";
  // The holder never believes in more than what the file says, even if that is set back later.
  const auto disk = [&] { return one.world.status("LOCK").modified.time_since_epoch(); };
  const auto belief = [&] {
    return one.world.clock.wall().time_since_epoch() + one.lock->remaining();
  };
  EXPECT_LE(belief(), disk());
  one.a.files.deliver_late();
  EXPECT_LE(belief(), disk() + kSlop);
  one.give(*one.lock);
  one.expect_recovery(Duration::zero());
}

}  // namespace holdfast::testing
