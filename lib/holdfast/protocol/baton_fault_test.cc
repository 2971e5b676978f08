// Every file operation of every step of a baton, with everything that can go wrong at it: every
// error, a lost reply, a request that the kernel resends, one that is applied after it was reported
// as failed, one that arrives twice, and the end of the process before and after the call.
//
// What must hold, whatever happened: never two entitled holders; tokens go strictly up; whoever was
// told "no" holds nothing, even when all that is under way has arrived; whoever was told "I don't
// know" can find out; and nobody leaves a lock that cannot be taken within lifetime and margin.
#include <gtest/gtest.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/testing/baton_faults.h>

#include <functional>
#include <optional>
#include <set>

namespace holdfast {
namespace {

using testing::all_cases;
using testing::baton_steps;
using testing::BatonActor;
using testing::BatonCase;
using testing::BatonScene;
using testing::BatonStep;
using testing::Call;
using testing::Crash;
using testing::Effect;
using testing::kNone;

/// Another process comes, waits no longer than it must, and gets the lock; then the next at once.
void expect_recovers(BatonScene& scene) {
  const Duration needed = observation_needed(scene.options().lifetime, scene.options());
  BatonActor next(scene);
  ASSERT_EQ(next.acquire(Patience::of(needed + scene.options().max_poll)), kNone)
      << "the lock cannot be taken: " << scene.value();
  ASSERT_EQ(next.release(), kNone);
  BatonActor after(scene);
  ASSERT_EQ(after.acquire(), kNone);
  ASSERT_EQ(after.refresh(), kNone);
  ASSERT_EQ(after.release(), kNone);
  EXPECT_EQ(scene.states().size(), 1u);
}

bool comes_late(const BatonCase& now) {
  return now.effect == Effect::late || now.effect == Effect::repeated;
}

/// What an answer promises about all that may still arrive. `pending`: something was under way
/// before the step began, and may arrive whatever the step says.
void expect_honest(BatonScene& scene, BatonActor& actor, std::error_code answer, bool pending) {
  EXPECT_NE(answer, Errc::lost) << "nobody else was there";
  if (!answer || answer == Errc::outcome_unknown || pending) return;
  const std::string value = scene.value();
  const bool had_it = scene.names(actor);
  actor.files.deliver_late();
  // A burn may come late: it goes from free to free.
  if (scene.value() != value) {
    EXPECT_FALSE(had_it) << "reported as failed, and came late";
    EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
  }
}

class BatonFaults : public ::testing::TestWithParam<BatonStep> {};

/// Goes on as a program would: until it has the lock, and gives it back.
void expect_goes_on(BatonScene& scene, BatonActor& actor) {
  if (!actor.baton.held()) {
    const Duration needed = observation_needed(scene.options().lifetime, scene.options());
    ASSERT_EQ(actor.acquire(Patience::of(2 * needed)), kNone) << scene.value();
  }
  EXPECT_TRUE(scene.names(actor)) << "a false hold: " << scene.value();
  ASSERT_EQ(actor.refresh(), kNone);
  EXPECT_TRUE(scene.names(actor)) << "a false hold: " << scene.value();
  ASSERT_EQ(actor.release(), kNone);
  EXPECT_FALSE(actor.baton.owes_release());
  actor.files.deliver_late();
  EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
  expect_recovers(scene);
}

TEST_P(BatonFaults, TheAnswerIsHonestAndTheCallerCanGoOn) {
  const BatonStep& step = GetParam();
  const std::vector<Call> calls = testing::calls_of(step);
  for (const BatonCase& now : all_cases(calls)) {
    for (const bool late_first : {false, true}) {
      if (late_first && !comes_late(now)) continue;
      SCOPED_TRACE(testing::describe(step.name, now, calls));
      BatonScene scene(step.options());
      BatonActor other(scene);
      BatonActor actor(scene, step.machine);
      step.prepare(scene, other, actor);
      const std::string before = scene.value();
      const Duration left = actor.baton.remaining();
      actor.files.add(testing::fault_at(calls, now));
      const std::error_code answer = step.act(scene, actor);
      EXPECT_TRUE(actor.files.all_hit());
      if (late_first) actor.files.deliver_late();
      step.expect(scene, actor, answer, before, left);
      expect_honest(scene, actor, answer, step.pending);
      if (::testing::Test::HasFatalFailure()) return;
      expect_goes_on(scene, actor);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// It says nothing more, and what it has under way may arrive at any time.
TEST_P(BatonFaults, WhoVanishesAfterwardsLeavesALockThatCanBeTaken) {
  const BatonStep& step = GetParam();
  const std::vector<Call> calls = testing::calls_of(step);
  for (const BatonCase& now : all_cases(calls)) {
    for (std::size_t instant = 0; instant < 6; ++instant) {
      if (instant > 0 && !comes_late(now)) continue;
      SCOPED_TRACE(testing::describe(step.name, now, calls));
      BatonScene scene(step.options());
      BatonActor other(scene);
      BatonActor actor(scene, step.machine);
      step.prepare(scene, other, actor);
      actor.files.add(testing::fault_at(calls, now));
      static_cast<void>(step.act(scene, actor));
      scene.clock.advance(actor.baton.remaining());
      BatonActor next(scene);
      std::size_t number = 0;
      next.files.before = [&](const Call&) {
        if (++number == instant) actor.files.deliver_late();
      };
      const Duration needed = observation_needed(scene.options().lifetime, scene.options());
      ASSERT_EQ(next.acquire(Patience::of(2 * needed)), kNone) << scene.value();
      actor.files.deliver_late();
      ASSERT_EQ(next.refresh(), kNone);
      ASSERT_EQ(next.release(), kNone);
      expect_recovers(scene);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST_P(BatonFaults, ACrashAnywhereLeavesALockThatCanBeTaken) {
  const BatonStep& step = GetParam();
  const std::vector<Call> calls = testing::calls_of(step);
  for (std::size_t call = 0; call < calls.size(); ++call) {
    for (const Effect effect : {Effect::crash_before, Effect::crash_after}) {
      const BatonCase now{call, effect, 0};
      SCOPED_TRACE(testing::describe(step.name, now, calls));
      BatonScene scene(step.options());
      BatonActor other(scene);
      {
        BatonActor actor(scene, step.machine);
        step.prepare(scene, other, actor);
        actor.files.add(testing::fault_at(calls, now));
        EXPECT_THROW(static_cast<void>(step.act(scene, actor)), Crash);
      }
      expect_recovers(scene);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// --- looks

struct Look {
  const char* name;
  State right;
  bool held;  ///< by anybody
  std::function<void(BatonScene&, BatonActor& other, BatonActor& actor)> prepare;
};

std::vector<Look> looks() {
  const auto hold = [](BatonScene&, BatonActor& other, BatonActor&) {
    EXPECT_EQ(other.acquire(), kNone);
  };
  const auto wait = [hold](BatonScene& scene, BatonActor& other, BatonActor& actor) {
    hold(scene, other, actor);
    EXPECT_EQ(actor.acquire(), Errc::timed_out);
    scene.clock.advance(observation_needed(scene.options().lifetime, scene.options()));
  };
  const auto free = [hold](BatonScene& scene, BatonActor& other, BatonActor& actor) {
    hold(scene, other, actor);
    EXPECT_EQ(other.release(), kNone);
  };
  const auto own = [](BatonScene&, BatonActor&, BatonActor& actor) {
    EXPECT_EQ(actor.acquire(), kNone);
  };
  const auto nothing = [](BatonScene&, BatonActor&, BatonActor&) {};
  return {{"nothing there", State::unlocked, false, nothing},
          {"free", State::unlocked, false, free},
          {"held", State::unknown, true, hold},
          {"run out", State::theirs_expired, true, wait},
          {"own", State::ours, true, own}};
}

/// Under the fault, if there is one, whatever is told is so, or is said not to be known.
void expect_truth(const Look& look, BatonScene& scene, BatonActor& actor) {
  std::error_code error;
  const State state = actor.baton.state(error);
  EXPECT_TRUE(state == look.right || state == State::unknown) << static_cast<int>(state);
  EXPECT_TRUE(!error || state == State::unknown);
  const std::optional<Holder> holder = actor.baton.holder(error);
  if (!error) {
    EXPECT_EQ(holder.has_value(), look.held);
  }
  if (holder) {
    EXPECT_EQ(holder->shown, scene.value());
  }
}

TEST(BatonLooks, NoFaultMakesThemTellWhatIsNotSo) {
  for (const Look& look : looks()) {
    BatonScene clean;
    BatonActor clean_other(clean), clean_actor(clean);
    look.prepare(clean, clean_other, clean_actor);
    clean_actor.files.forget_calls();
    expect_truth(look, clean, clean_actor);
    const std::vector<Call> calls = clean_actor.files.calls();
    ASSERT_GE(calls.size(), 3u);
    for (const BatonCase& now : all_cases(calls)) {
      SCOPED_TRACE(testing::describe(look.name, now, calls));
      BatonScene scene;
      BatonActor other(scene), actor(scene);
      look.prepare(scene, other, actor);
      const std::string value = scene.value();
      actor.files.add(testing::fault_at(calls, now));
      expect_truth(look, scene, actor);
      EXPECT_TRUE(actor.files.all_hit());
      actor.files.deliver_late();
      EXPECT_EQ(scene.value(), value) << "a look changes nothing";
      std::error_code error;
      EXPECT_EQ(actor.baton.state(error), look.right);
      EXPECT_EQ(error, kNone);
      if (HasFailure()) return;
    }
  }
}

// The sweeps above are worth what their steps do: every file operation of a baton is among them.
TEST(BatonFaultSteps, TheyPerformEveryOperationOfABaton) {
  std::set<testing::Operation> performed;
  for (const BatonStep& step : baton_steps()) {
    for (const Call& call : testing::calls_of(step)) performed.insert(call.operation);
  }
  using enum testing::Operation;
  for (const auto operation : {rename, make_directory, remove_directory, create, unlink, list,
                               status, touch, sync, file_system}) {
    EXPECT_TRUE(performed.contains(operation)) << static_cast<int>(operation);
  }
}

INSTANTIATE_TEST_SUITE_P(All, BatonFaults, ::testing::ValuesIn(baton_steps()),
                         [](const auto& step) { return step.param.name; });

}  // namespace
}  // namespace holdfast
