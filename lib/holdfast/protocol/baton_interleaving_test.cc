// At every instant of one process's step, others do all of theirs; two faults meet in one step; and
// storms of random faults, pauses and crashes among several processes, each from its own seed.
#include <gtest/gtest.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/testing/baton_faults.h>

#include <array>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using testing::baton_steps;
using testing::BatonActor;
using testing::BatonScene;
using testing::BatonStep;
using testing::Call;
using testing::calls_of;
using testing::Crash;
using testing::Effect;
using testing::Fault;
using testing::kNone;
using testing::Operation;

Duration needed() {
  return observation_needed(BatonScene::options().lifetime, BatonScene::options());
}

void expect_recovers(BatonScene& scene) {
  BatonActor next(scene);
  ASSERT_EQ(next.acquire(Patience::of(needed() + BatonScene::options().max_poll)), kNone)
      << "the lock cannot be taken: " << scene.value();
  ASSERT_EQ(next.release(), kNone);
  EXPECT_EQ(scene.states().size(), 1u);
}

// --- others, at any instant

struct Intrusion {
  const char* name;
  std::function<void(BatonScene&, BatonActor& intruder)> act;
};

void take(BatonScene&, BatonActor& intruder) { static_cast<void>(intruder.acquire()); }

void take_and_give(BatonScene& scene, BatonActor& intruder) {
  take(scene, intruder);
  if (intruder.baton.held()) {
    EXPECT_EQ(intruder.release(), kNone);
  }
}

/// The process in the middle of its step is paused for longer than its lease.
void take_when_it_may(BatonScene& scene, BatonActor& intruder) {
  take(scene, intruder);
  if (intruder.baton.held()) return;
  scene.clock.advance(needed());
  take(scene, intruder);
}

void take_when_it_may_and_give(BatonScene& scene, BatonActor& intruder) {
  take_when_it_may(scene, intruder);
  if (intruder.baton.held()) {
    EXPECT_EQ(intruder.release(), kNone);
  }
}

void take_often(BatonScene& scene, BatonActor& intruder) {
  for (int count = 0; count < 3; ++count) take_when_it_may_and_give(scene, intruder);
}

void skip_ahead(BatonScene& scene, BatonActor& intruder) {
  if (intruder.acquire(Patience::none(), scene.last_token + 50) == kNone) {
    EXPECT_EQ(intruder.release(), kNone);
  }
}

class BatonInterleavings : public ::testing::TestWithParam<BatonStep> {};

TEST_P(BatonInterleavings, OthersAtAnyInstantOfAStep) {
  const BatonStep& step = GetParam();
  const std::size_t instants = calls_of(step).size();
  for (const Intrusion& intrusion :
       std::array<Intrusion, 6>{{{"take", take},
                                 {"take and give back", take_and_give},
                                 {"take over", take_when_it_may},
                                 {"take over and give back", take_when_it_may_and_give},
                                 {"take three times", take_often},
                                 {"skip tokens", skip_ahead}}}) {
    for (std::size_t instant = 0; instant < instants; ++instant) {
      SCOPED_TRACE(step.name + ": " + intrusion.name + " before call " + std::to_string(instant));
      BatonScene scene(step.options());
      BatonActor other(scene);
      BatonActor actor(scene, step.machine);
      BatonActor intruder(scene);
      step.prepare(scene, other, actor);
      const bool held = actor.baton.held();
      std::size_t number = 0;
      actor.files.before = [&](const Call&) {
        if (number++ == instant) intrusion.act(scene, intruder);
      };
      const std::error_code answer = step.act(scene, actor);
      actor.files.before = nullptr;
      EXPECT_GT(number, instant);
      EXPECT_FALSE(actor.baton.held() && intruder.baton.held());
      if (actor.baton.held()) {
        EXPECT_TRUE(scene.names(actor)) << "a false hold: " << scene.value();
      }
      if (answer == Errc::lost) {
        EXPECT_TRUE(held);
        EXPECT_GT(scene.state().generation, 0u);
      }
      if (intruder.baton.held()) {
        EXPECT_TRUE(scene.names(intruder)) << scene.value();
        EXPECT_EQ(intruder.release(), kNone);
      }
      actor.files.deliver_late();
      if (actor.baton.owes_release()) {
        static_cast<void>(actor.release());
      }
      EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
      expect_recovers(scene);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

/// The calls of a step but for its last ones that only wait for the disk, or keep a file young:
/// what comes then is as if it came after the step.
std::size_t calls_until_decided(const BatonStep& step) {
  std::vector<Call> calls = calls_of(step);
  const auto decides = [](const Call& call) {
    return call.operation != Operation::sync && call.operation != Operation::touch;
  };
  while (!calls.empty() && !decides(calls.back())) calls.pop_back();
  return calls.size();
}

constexpr const char* kAside = "/d/aside";

/// LOCK is a symbolic link by now: whoever looks is refused, and the state that there was is there.
void expect_nobody_else_gets_in(BatonScene& scene) {
  BatonActor next(scene);
  EXPECT_EQ(next.acquire(Patience::of(std::chrono::seconds(60))),
            std::errc::too_many_symbolic_link_levels);
  EXPECT_LE(scene.states(kAside).size(), 1u);
}

// What the users of one path have no right to do, and others do all the same. Exclusion is void
// then; but nobody is told what is not so, and nothing is waited for that cannot come.
TEST_P(BatonInterleavings, TheLockIsDeletedMovedEmptiedOrLinkedAtAnyInstant) {
  const BatonStep& step = GetParam();
  const std::size_t instants = calls_until_decided(step);
  const std::function<void(BatonScene&)> empty = [](BatonScene& scene) {
    for (const std::string& name : scene.states()) {
      static_cast<void>(scene.disk.unlink(BatonScene::path() + '/' + name));
    }
  };
  const std::function<void(BatonScene&)> remove = [&](BatonScene& scene) {
    empty(scene);
    static_cast<void>(scene.disk.remove_directory(BatonScene::path()));
  };
  const std::function<void(BatonScene&)> move = [](BatonScene& scene) {
    static_cast<void>(scene.disk.rename(BatonScene::path(), kAside));
  };
  const std::function<void(BatonScene&)> newer = [](BatonScene& scene) {
    static_cast<void>(
        scene.disk.create(BatonScene::path() + "/held,2,of a newer version", "", 0666));
  };
  const std::function<void(BatonScene&)> link = [&](BatonScene& scene) {
    move(scene);
    scene.disk.plant_link(BatonScene::path(), kAside);
  };
  for (const auto* mischief : {&remove, &move, &empty, &newer, &link}) {
    for (std::size_t instant = 0; instant < instants; ++instant) {
      SCOPED_TRACE(step.name + " before call " + std::to_string(instant));
      BatonScene scene(step.options());
      BatonActor other(scene);
      BatonActor actor(scene, step.machine);
      step.prepare(scene, other, actor);
      scene.exclusive = false;
      std::size_t number = 0;
      actor.files.before = [&](const Call&) {
        if (number++ == instant) (*mischief)(scene);
      };
      scene.last_token = 0;
      const os::Stamp start = scene.clock.now();
      const std::error_code answer = step.act(scene, actor);
      EXPECT_LE(scene.clock.now().raw - start.raw, std::chrono::seconds(5)) << "waits for nothing";
      if (answer && answer != Errc::lost && answer != Errc::outcome_unknown) {
        EXPECT_FALSE(actor.baton.held() && !scene.names(actor)) << "a false hold";
      }
      if (!answer && actor.baton.held()) {
        bool shown = scene.names(actor);
        const std::string place = mischief == &link ? kAside : BatonScene::path();
        for (const std::string& name : scene.states(place)) shown |= name.starts_with("held,");
        EXPECT_TRUE(shown) << "a false hold: " << scene.value();
      }
      if (mischief == &link && number > instant) expect_nobody_else_gets_in(scene);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// --- two faults in one step

class BatonTwoFaults : public ::testing::TestWithParam<BatonStep> {};

TEST_P(BatonTwoFaults, InOneStep) {
  const BatonStep& step = GetParam();
  std::vector<Fault> faults;
  for (const Operation operation : {Operation::rename, Operation::list, Operation::touch,
                                    Operation::create, Operation::make_directory}) {
    const bool reads = operation == Operation::list;
    for (std::size_t nth = 1; nth <= 3; ++nth) {
      for (const int error : {EIO, ENOENT, ENOSPC}) {
        faults.push_back({operation, Effect::refused, error, nth, {}});
        if (reads) continue;
        faults.push_back({operation, Effect::reply_lost, error, nth, {}});
        if (error == EIO) faults.push_back({operation, Effect::late, error, nth, {}});
      }
    }
  }
  for (std::size_t first = 0; first < faults.size(); ++first) {
    for (std::size_t second = first; second < faults.size(); ++second) {
      SCOPED_TRACE(step.name + ": faults " + std::to_string(first) + " and " +
                   std::to_string(second));
      BatonScene scene(step.options());
      BatonActor other(scene);
      BatonActor actor(scene, step.machine);
      step.prepare(scene, other, actor);
      actor.files.add(faults[first]);
      actor.files.add(faults[second]);
      const std::error_code answer = step.act(scene, actor);
      actor.files.forget_faults();
      EXPECT_NE(answer, Errc::lost) << "nobody else was there";
      if (actor.baton.held()) {
        EXPECT_TRUE(scene.names(actor)) << "a false hold: " << scene.value();
      }
      const bool nothing_owed = answer && !actor.baton.owes_release();
      actor.files.deliver_late();
      if (nothing_owed) {
        EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
      }
      if (!actor.baton.held()) {
        ASSERT_EQ(actor.acquire(Patience::of(2 * needed())), kNone) << scene.value();
      }
      EXPECT_TRUE(scene.names(actor));
      ASSERT_EQ(actor.release(), kNone);
      actor.files.deliver_late();
      expect_recovers(scene);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

/// Without those that differ by an option alone.
std::vector<BatonStep> plain_steps() {
  std::vector<BatonStep> steps = baton_steps();
  std::erase_if(steps, [](const BatonStep& step) { return step.durable || step.server_clock; });
  return steps;
}

INSTANTIATE_TEST_SUITE_P(All, BatonInterleavings, ::testing::ValuesIn(baton_steps()),
                         [](const auto& step) { return step.param.name; });
INSTANTIATE_TEST_SUITE_P(All, BatonTwoFaults, ::testing::ValuesIn(plain_steps()),
                         [](const auto& step) { return step.param.name; });

// --- storms

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed) {
    for (auto& actor : actors_) actor = make();
  }

  void run(int steps) {
    for (int count = 0; count < steps && !::testing::Test::HasFailure(); ++count) step_of_any();
    for (auto& actor : actors_) {
      actor->files.forget_faults();
      deliver(*actor);
    }
    for (auto& actor : dead_) deliver(*actor);
    calm_ = true;
    for (auto& actor : actors_) {
      if (actor->baton.owes_release()) static_cast<void>(actor->release());
    }
    expect_recovers(scene_);
  }
  Token grants() const { return grants_; }

 private:
  std::uint64_t below(std::uint64_t most) { return random_() % most; }

  std::unique_ptr<BatonActor> make() {
    auto actor = std::make_unique<BatonActor>(scene_);
    actor->files.before = [this](const Call&) { meanwhile(); };
    actor->host.on_wait = [this](Duration) {
      meanwhile();
      return os::Wake::elapsed;
    };
    return actor;
  }
  void deliver(BatonActor& actor) { static_cast<void>(actor.files.deliver_late()); }

  /// What happens while a process is about to call the system, or waits.
  void meanwhile() {
    if (calm_) return;
    if (below(12) == 0) scene_.clock.advance(milliseconds(below(400)));
    if (below(200) == 0) scene_.clock.advance(needed());
    if (below(8) == 0) deliver(*actors_[below(actors_.size())]);
    if (!dead_.empty() && below(8) == 0) deliver(*dead_[below(dead_.size())]);
    if (depth_ < 2 && below(6) == 0) step_of_any();
  }

  void step_of_any() {
    const std::size_t which = below(actors_.size());
    if (busy_[which]) return;
    busy_[which] = true;
    ++depth_;
    BatonActor& actor = *actors_[which];
    actor.files.forget_faults();
    for (std::uint64_t count = below(3); count > 0; --count) actor.files.add(any_fault());
    try {
      any_step(actor);
    } catch (const Crash&) {
      std::erase(scene_.actors, &actor);
      dead_.push_back(std::move(actors_[which]));
      actors_[which] = make();
    }
    --depth_;
    busy_[which] = false;
  }

  void any_step(BatonActor& actor) {
    std::error_code ignored;
    if (actor.baton.held()) {
      if (below(3) == 0) {
        static_cast<void>(actor.refresh());
      } else {
        static_cast<void>(actor.release());
      }
    } else if (below(10) == 0) {
      static_cast<void>(actor.baton.state(ignored));
    } else {
      const Patience patience = below(2) == 0 ? Patience::none() : Patience::of(milliseconds(1500));
      if (actor.acquire(patience, below(10) == 0 ? scene_.last_token + 20 : 0) == kNone) ++grants_;
    }
  }

  Fault any_fault() {
    constexpr std::array kOperations{Operation::rename, Operation::rename,        Operation::rename,
                                     Operation::list,   Operation::touch,         Operation::create,
                                     Operation::status, Operation::make_directory};
    constexpr std::array kEffects{Effect::refused,    Effect::reply_lost, Effect::resent,
                                  Effect::late,       Effect::repeated,   Effect::crash_before,
                                  Effect::crash_after};
    constexpr std::array kErrors{EIO, ETIMEDOUT, ESTALE};
    constexpr std::array kRefusals{ENOSPC, EACCES, ENOENT};
    Fault fault;
    fault.operation = kOperations[below(kOperations.size())];
    fault.effect = kEffects[below(below(4) == 0 ? kEffects.size() : 5)];
    const bool answers = fault.effect != Effect::late && below(3) == 0;
    fault.error = answers ? kRefusals[below(kRefusals.size())] : kErrors[below(kErrors.size())];
    fault.nth = 1 + below(4);
    return fault;
  }

  std::mt19937_64 random_;
  BatonScene scene_;
  std::array<std::unique_ptr<BatonActor>, 4> actors_;
  std::array<bool, 4> busy_{};
  std::vector<std::unique_ptr<BatonActor>> dead_;
  int depth_ = 0;
  bool calm_ = false;
  Token grants_ = 0;
};

TEST(BatonStorm, TwoAreNeverEntitledAndTheLockIsNeverStuck) {
  constexpr std::uint64_t kSeeds = 1500;
  Token grants = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    storm.run(40);
    grants += storm.grants();
    if (HasFailure()) return;
  }
  EXPECT_GT(grants, 5 * kSeeds) << "too little happens for this to mean much";
}

}  // namespace
}  // namespace holdfast
