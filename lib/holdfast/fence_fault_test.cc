// Every file operation of a fence, with everything that can go wrong at it.
#include <gtest/gtest.h>
#include <holdfast/fence_test_actor.h>
#include <holdfast/os/testing/client_files.h>
#include <holdfast/os/testing/errnos.h>
#include <holdfast/protocol/outcome.h>

#include <cerrno>
#include <functional>
#include <ostream>
#include <set>

namespace holdfast {
namespace {

using os::testing::Call;
using os::testing::Crash;
using os::testing::Effect;
using os::testing::Fault;
using os::testing::Operation;

const std::error_code kNone;

bool may_come_late(Operation operation) {
  return operation != Operation::list && operation != Operation::read &&
         operation != Operation::status && operation != Operation::file_system;
}

/// A fence at token 41 with "old", and the next holder about to do its part.
struct Scene {
  FenceWorld world;
  FenceActor first{world};
  FenceActor holder{world};

  Scene() {
    EXPECT_EQ(first.raise(41), kNone);
    EXPECT_EQ(first.publish(41, "older"), kNone);
    EXPECT_EQ(first.publish(41, "old"), kNone);
  }
};

using Act = std::function<std::error_code(FenceActor&)>;

/// The calls that `act` makes after `prepare`, without a fault.
std::vector<Call> calls_of(const Act& prepare, const Act& act) {
  Scene scene;
  EXPECT_EQ(prepare(scene.holder), kNone);
  scene.holder.files.forget_calls();
  EXPECT_EQ(act(scene.holder), kNone);
  return scene.holder.files.calls();
}

/// The fault that hits the call with this number.
Fault fault_at(const std::vector<Call>& calls, std::size_t number, Effect effect, int error) {
  std::size_t nth = 1;
  for (std::size_t i = 0; i < number; ++i) nth += calls[i].operation == calls[number].operation;
  return {calls[number].operation, effect, error, nth, {}};
}

struct Case {
  std::size_t call;
  Effect effect;
  int error;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "call " << c.call << " effect " << static_cast<int>(c.effect) << " errno "
             << c.error;
}

std::vector<Case> cases(const std::vector<Call>& calls) {
  std::vector<Case> all;
  for (std::size_t call = 0; call < calls.size(); ++call) {
    for (const int error : os::testing::all_errnos()) {
      all.push_back({call, Effect::refused, error});
      if (!may_come_late(calls[call].operation)) continue;
      all.push_back({call, Effect::reply_lost, error});
      // Only what the system does not answer for can come later: see protocol/outcome.h.
      if (is_passing({error, std::system_category()})) all.push_back({call, Effect::late, error});
    }
    if (!may_come_late(calls[call].operation)) continue;
    all.push_back({call, Effect::resent, 0});
    all.push_back({call, Effect::repeated, 0});
  }
  return all;
}

/// What must hold whatever happened: readers see something whole; the next holder can work.
void expect_usable(FenceWorld& world, FenceActor& old_holder) {
  FenceActor next(world);
  ASSERT_EQ(next.raise(50), kNone);
  const std::string carried = next.read();
  EXPECT_TRUE(carried == "old" || carried == "new") << carried;
  EXPECT_EQ(old_holder.publish(43, "too late"), Errc::stale_token);
  old_holder.files.deliver_late();
  EXPECT_EQ(next.read(), carried) << "a late request changed what a raise had carried";
  ASSERT_EQ(next.collect(50), kNone);
  EXPECT_EQ(next.read(), carried);
  ASSERT_EQ(next.publish(50, "last"), kNone);
  old_holder.files.deliver_late();
  ASSERT_EQ(next.collect(50), kNone);
  EXPECT_EQ(next.read(), "last");
  EXPECT_EQ(world.blobs().size(), 1u);
}

std::error_code raise_43(FenceActor& actor) { return actor.raise(43); }
std::error_code publish_new(FenceActor& actor) { return actor.publish(43, "new"); }
std::error_code nothing(FenceActor&) { return {}; }

TEST(FenceFaults, ARaiseIsDoneOrNotDoneOrSaidToBeUnknown) {
  const auto calls = calls_of(nothing, raise_43);
  ASSERT_GE(calls.size(), 3u);
  for (const Case& c : cases(calls)) {
    SCOPED_TRACE(c);
    Scene scene;
    scene.holder.files.add(fault_at(calls, c.call, c.effect, c.error));
    const auto error = scene.holder.raise(43);
    EXPECT_TRUE(scene.holder.files.all_hit());
    const Token seen = scene.first.token();
    if (!error) {
      EXPECT_EQ(seen, 43u);
      EXPECT_EQ(scene.first.publish(41, "behind"), Errc::stale_token);
    } else if (error != Errc::outcome_unknown) {
      EXPECT_EQ(seen, 41u);
      EXPECT_FALSE(scene.holder.files.has_late()) << "reported as failed, and still to come";
    }
    ASSERT_EQ(scene.holder.raise(43), kNone) << "once more, without a fault";
    scene.holder.files.deliver_late();
    EXPECT_EQ(scene.holder.publish(43, "new"), kNone);
    EXPECT_EQ(scene.first.read(), "new");
    expect_usable(scene.world, scene.holder);
  }
}

TEST(FenceFaults, APublicationIsDoneOrNotDoneOrSaidToBeUnknown) {
  const auto calls = calls_of(raise_43, publish_new);
  ASSERT_GE(calls.size(), 8u);
  for (const Case& c : cases(calls)) {
    SCOPED_TRACE(c);
    SCOPED_TRACE(calls[c.call].from);
    Scene scene;
    ASSERT_EQ(scene.holder.raise(43), kNone);
    scene.holder.files.add(fault_at(calls, c.call, c.effect, c.error));
    const auto error = scene.holder.publish(43, "new");
    EXPECT_TRUE(scene.holder.files.all_hit());
    std::string seen = scene.first.read();
    EXPECT_TRUE(seen == "old" || seen == "new") << seen;
    if (!error) {
      EXPECT_EQ(seen, "new");
    } else if (error != Errc::outcome_unknown) {
      EXPECT_EQ(seen, "old");
      scene.holder.files.deliver_late();
      EXPECT_EQ(scene.first.read(), "old") << "reported as failed, and came late";
    }
    scene.holder.files.deliver_late();
    seen = scene.first.read();
    EXPECT_TRUE(seen == "old" || seen == "new") << seen;
    expect_usable(scene.world, scene.holder);
  }
}

// Not found, with the base still there: this client's own memory of having looked in vain.
TEST(FenceFaults, WhatThisClientMissesIsSentAgain) {
  Scene scene;
  scene.holder.files.add({Operation::rename, Effect::refused, ENOENT});
  EXPECT_EQ(scene.holder.raise(43), kNone);
  scene.holder.files.add({Operation::rename, Effect::refused, ENOENT});
  EXPECT_EQ(scene.holder.publish(43, "new"), kNone);
  EXPECT_EQ(scene.first.read(), "new");
}

// The first sending is in doubt, and the second is refused: the first may be applied yet, so its
// contents must stay, and "refused" would be a lie.
TEST(FenceFaults, ARefusalAfterADoubtIsStillADoubt) {
  for (const int error : {ENOSPC, EACCES, EDQUOT}) {
    for (const bool late : {false, true}) {
      Scene scene;
      ASSERT_EQ(scene.holder.raise(43), kNone);
      scene.holder.files.add({Operation::rename, Effect::late, EIO});
      scene.holder.files.add({Operation::rename, Effect::refused, error, 2, {}});
      EXPECT_EQ(scene.holder.publish(43, "new"), Errc::outcome_unknown);
      EXPECT_TRUE(scene.holder.files.all_hit());
      if (late) scene.holder.files.deliver_late();
      EXPECT_EQ(scene.first.read(), late ? "new" : "old");
      expect_usable(scene.world, scene.holder);
    }
    Scene scene;
    scene.holder.files.add({Operation::rename, Effect::late, EIO});
    scene.holder.files.add({Operation::rename, Effect::refused, error, 2, {}});
    EXPECT_EQ(scene.holder.raise(43), Errc::outcome_unknown);
    scene.holder.files.deliver_late();
    EXPECT_EQ(scene.first.token(), 43u);
  }
}

TEST(FenceFaults, TwoFaultsInOnePublicationOrRaise) {
  std::vector<Fault> faults;
  for (const Operation operation : {Operation::rename, Operation::list, Operation::touch,
                                    Operation::create, Operation::sync, Operation::status}) {
    for (std::size_t nth = 1; nth <= 2; ++nth) {
      for (const int error : {EIO, ENOENT, ENOSPC}) {
        faults.push_back({operation, Effect::refused, error, nth, {}});
        if (!may_come_late(operation)) continue;
        faults.push_back({operation, Effect::reply_lost, error, nth, {}});
        if (error == EIO) faults.push_back({operation, Effect::late, error, nth, {}});
      }
    }
  }
  for (std::size_t one = 0; one < faults.size(); ++one) {
    for (std::size_t other = one; other < faults.size(); ++other) {
      for (const bool raising : {false, true}) {
        SCOPED_TRACE(std::to_string(one) + " and " + std::to_string(other));
        Scene scene;
        if (!raising) {
          ASSERT_EQ(scene.holder.raise(43), kNone);
        }
        scene.holder.files.add(faults[one]);
        scene.holder.files.add(faults[other]);
        const auto answer = raising ? scene.holder.raise(43) : scene.holder.publish(43, "new");
        scene.holder.files.forget_faults();
        const std::string wanted = raising ? "old" : "new";
        if (!answer) {
          EXPECT_EQ(scene.first.read(), wanted);
          EXPECT_EQ(scene.first.token(), 43u);
        }
        scene.holder.files.deliver_late();
        const std::string then = scene.first.read();
        if (answer && answer != Errc::outcome_unknown) {
          EXPECT_EQ(then, "old");
          if (raising) {
            EXPECT_EQ(scene.first.token(), 41u);
          }
        }
        ASSERT_EQ(scene.holder.raise(43), kNone);
        if (HasFailure()) return;
        expect_usable(scene.world, scene.holder);
      }
    }
  }
}

// A request in doubt comes through after the next one was sent: the next one is not applied by
// that, and is sent again.
TEST(FenceFaults, APublicationAfterOneInDoubtComesOut) {
  const auto calls = calls_of(raise_43, publish_new);
  for (const Case& c : cases(calls)) {
    if (c.effect == Effect::refused) continue;
    for (int when = 0; when < 3; ++when) {
      SCOPED_TRACE(c);
      Scene scene;
      ASSERT_EQ(scene.holder.raise(43), kNone);
      scene.holder.files.add(fault_at(calls, c.call, c.effect, c.error));
      static_cast<void>(scene.holder.publish(43, "first"));
      if (when == 0) scene.holder.files.deliver_late();
      if (when == 1) {
        scene.holder.files.before = [&](const Call& call) {
          if (call.operation == Operation::rename) scene.holder.files.deliver_late();
        };
      }
      EXPECT_EQ(scene.holder.publish(43, "new"), kNone);
      EXPECT_EQ(scene.first.read(), "new");
      scene.holder.files.deliver_late();
      EXPECT_EQ(scene.first.read(), "new");
      EXPECT_EQ(scene.holder.collect(43), kNone);
      EXPECT_EQ(scene.first.read(), "new");
      expect_usable(scene.world, scene.holder);
    }
  }
}

TEST(FenceFaults, AReaderIsNeverTorn) {
  const Act read = [](FenceActor& actor) {
    std::error_code error;
    static_cast<void>(actor.fence.read(error));
    return error;
  };
  const auto calls = calls_of(nothing, read);
  for (const Case& c : cases(calls)) {
    SCOPED_TRACE(c);
    Scene scene;
    scene.holder.files.add(fault_at(calls, c.call, c.effect, c.error));
    std::error_code error;
    const Fence::Contents contents = scene.holder.fence.read(error);
    if (error) {
      EXPECT_FALSE(contents.published);
    } else if (contents.published) {
      EXPECT_EQ(contents.data, "old");
    } else {
      // The listing said that there is no fence.
      EXPECT_EQ(c.error, ENOENT);
    }
    EXPECT_EQ(scene.holder.read(), "old");
  }
}

TEST(FenceFaults, AFailedCollectionDeletesNothingThatCounts) {
  const Act collect = [](FenceActor& actor) { return actor.collect(43); };
  const Act prepare = [](FenceActor& actor) {
    const auto error = actor.raise(43);
    return error ? error : actor.publish(43, "new");
  };
  const auto calls = calls_of(prepare, collect);
  ASSERT_GE(calls.size(), 3u);
  for (const Case& c : cases(calls)) {
    SCOPED_TRACE(c);
    Scene scene;
    ASSERT_EQ(prepare(scene.holder), kNone);
    scene.holder.files.add(fault_at(calls, c.call, c.effect, c.error));
    static_cast<void>(scene.holder.collect(43));
    EXPECT_EQ(scene.first.read(), "new");
    EXPECT_EQ(scene.holder.collect(43), kNone);
    scene.holder.files.deliver_late();
    EXPECT_EQ(scene.world.blobs().size(), 1u);
    expect_usable(scene.world, scene.holder);
  }
}

TEST(FenceFaults, ACrashAnywhereLeavesAFenceThatTheNextHolderCanUse) {
  const Act all = [](FenceActor& actor) {
    auto error = actor.raise(43);
    if (!error) error = actor.publish(43, "new");
    return error ? error : actor.collect(43);
  };
  const auto calls = calls_of(nothing, all);
  for (std::size_t call = 0; call < calls.size(); ++call) {
    for (const Effect effect : {Effect::crash_before, Effect::crash_after}) {
      SCOPED_TRACE(Case({call, effect, 0}));
      Scene scene;
      scene.holder.files.add(fault_at(calls, call, effect, 0));
      EXPECT_THROW(static_cast<void>(all(scene.holder)), Crash);
      const std::string seen = scene.first.read();
      EXPECT_TRUE(seen == "old" || seen == "new") << seen;
      FenceActor next(scene.world);
      ASSERT_EQ(next.raise(50), kNone);
      EXPECT_EQ(next.read(), seen);
      ASSERT_EQ(next.publish(50, "last"), kNone);
      ASSERT_EQ(next.collect(50), kNone);
      EXPECT_EQ(next.read(), "last");
      EXPECT_EQ(scene.world.blobs().size(), 1u);
    }
  }
}

// The first use makes the fence; there, too, every call can be the last, or go wrong.
TEST(FenceFaults, MakingTheFenceSurvivesEveryFault) {
  std::vector<Call> calls;
  {
    FenceWorld world;
    FenceActor actor(world);
    ASSERT_EQ(actor.raise(1), kNone);
    ASSERT_EQ(actor.publish(1, "new"), kNone);
    calls = actor.files.calls();
  }
  std::vector<Case> all = cases(calls);
  for (std::size_t call = 0; call < calls.size(); ++call) {
    all.push_back({call, Effect::crash_before, 0});
    all.push_back({call, Effect::crash_after, 0});
  }
  for (const Case& c : all) {
    SCOPED_TRACE(c);
    FenceWorld world;
    FenceActor actor(world);
    actor.files.add(fault_at(calls, c.call, c.effect, c.error));
    bool published = false;
    try {
      published = !actor.raise(1) && !actor.publish(1, "new");
    } catch (const Crash&) {
    }
    if (published) {
      EXPECT_EQ(actor.read(), "new");
    }
    FenceActor next(world);
    ASSERT_EQ(next.raise(2), kNone);
    actor.files.deliver_late();
    ASSERT_EQ(next.publish(2, "last"), kNone);
    actor.files.deliver_late();
    ASSERT_EQ(next.collect(2), kNone);
    EXPECT_EQ(next.read(), "last");
  }
}

// --- interleavings: at every instant of one holder's work, another does all of its own

TEST(FenceInterleavings, ASuccessorAtAnyInstantOfAPublication) {
  const auto calls = calls_of(raise_43, publish_new);
  std::set<std::string> carried;
  for (std::size_t instant = 0; instant <= calls.size(); ++instant) {
    SCOPED_TRACE(instant);
    Scene scene;
    FenceActor next(scene.world);
    ASSERT_EQ(scene.holder.raise(43), kNone);
    std::string then;
    std::size_t number = 0;
    scene.holder.files.before = [&](const Call&) {
      if (number++ != instant) return;
      ASSERT_EQ(next.raise(44), kNone);
      then = next.read();
      ASSERT_EQ(next.collect(44), kNone);
    };
    const auto error = scene.holder.publish(43, "new");
    if (then.empty()) then = next.read();
    if (!error) {
      EXPECT_EQ(then, "new");
    } else {
      EXPECT_EQ(error, Errc::stale_token);
      EXPECT_EQ(then, "old");
    }
    carried.insert(then);
    EXPECT_EQ(next.read(), then) << "what the raise carried changed under it";
  }
  EXPECT_EQ(carried.size(), 2u) << "both orders were seen";
}

// The successor has raised, published and collected before the paused holder hears its reply.
TEST(FenceInterleavings, ASuccessorThatHasPublishedLeavesTheOutcomeUnknownOrRefused) {
  Scene scene;
  FenceActor next(scene.world);
  ASSERT_EQ(scene.holder.raise(43), kNone);
  scene.holder.files.add({Operation::rename, Effect::reply_lost, EIO, 1, ",43,1,"});
  bool done = false;
  scene.holder.files.after = [&](const Call& call) {
    if (call.operation != Operation::rename || done) return;
    done = true;
    ASSERT_EQ(next.raise(44), kNone);
    ASSERT_EQ(next.publish(44, "newest"), kNone);
    ASSERT_EQ(next.collect(44), kNone);
  };
  EXPECT_EQ(scene.holder.publish(43, "new"), Errc::outcome_unknown);
  EXPECT_TRUE(done);
  EXPECT_EQ(next.read(), "newest");
}

TEST(FenceInterleavings, AReaderAtAnyInstantOfPublicationsAndCollectionsSeesWholeContents) {
  Scene scene;
  FenceActor reader(scene.world);
  ASSERT_EQ(scene.holder.raise(43), kNone);
  std::set<std::string> seen;
  std::uint64_t version = 0;
  const auto look = [&](const Call&) {
    std::error_code error;
    const Fence::Contents contents = reader.fence.read(error);
    EXPECT_EQ(error, kNone);
    EXPECT_GE(contents.version, version) << "a reader went back";
    version = contents.version;
    seen.insert(contents.data);
  };
  scene.holder.files.before = look;
  scene.holder.files.after = look;
  for (const char* data : {"new 1", "new 2", "new 3"}) {
    ASSERT_EQ(scene.holder.publish(43, data), kNone);
    ASSERT_EQ(scene.holder.collect(43), kNone);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "new 1", "new 2", "new 3"}));
}

// The blob goes away between the reader's listing and its opening.
TEST(FenceInterleavings, AReaderWhoseBlobIsCollectedUnderItLooksAgain) {
  Scene scene;
  FenceActor reader(scene.world);
  ASSERT_EQ(scene.holder.raise(43), kNone);
  bool done = false;
  reader.files.after = [&](const Call& call) {
    if (call.operation != Operation::list || done) return;
    done = true;
    ASSERT_EQ(scene.holder.publish(43, "new"), kNone);
    ASSERT_EQ(scene.holder.collect(43), kNone);
  };
  EXPECT_EQ(reader.read(), "new");
  EXPECT_TRUE(done);
}

// What a host has looked up in vain it may not find for half a minute, though a listing shows it.
TEST(FenceFaults, WhatIsListedAndNotFoundIsAskedForLessAndLess) {
  Scene scene;
  constexpr std::size_t kMisses = 7;
  for (std::size_t nth = 1; nth <= kMisses; ++nth) {
    scene.holder.files.add({Operation::rename, Effect::refused, ENOENT, nth, "value,"});
  }
  const auto begun = scene.world.clock.now();
  EXPECT_EQ(scene.holder.raise(43), kNone);
  EXPECT_GT(scene.world.clock.now().raw - begun.raw, std::chrono::seconds(1));
  EXPECT_EQ(scene.holder.publish(43, "new"), kNone);
  EXPECT_EQ(scene.holder.read(), "new");
}

// --- what this host has looked up in vain, before it was made

/// A process on a host with a memory, beside one that has made everything.
struct Forgetful {
  FenceWorld world;
  FenceActor first{world};
  os::testing::FaultyFiles server{world.disk};
  os::testing::ClientFiles files{server};
  os::testing::ScriptedHost host{world.clock, {"other", 7, 2, 1}};
  Fence fence{kFence, {&files, &world.clock, &host}};

  explicit Forgetful(bool touch_mends_lookups) {
    files.touch_mends_lookups = touch_mends_lookups;
    EXPECT_EQ(first.raise(41), kNone);
    EXPECT_EQ(first.publish(41, "old"), kNone);
  }
  Duration gone(os::Stamp begun) { return world.clock.now().raw - begun.raw; }
};

// A collection, or a reader, has looked for the directory of the contents too early: then a host
// can take it, and all that is in it, for missing, for half a minute.
TEST(FenceFaults, ADirectoryOfContentsThatWasLookedForTooEarlyIsFound) {
  for (const bool touch_mends : {false, true}) {
    for (const bool whole_directory : {false, true}) {
      Forgetful scene(touch_mends);
      const std::string path = whole_directory ? "/d/fence.blobs" : scene.world.blobs().back();
      SCOPED_TRACE(path);
      scene.files.looked_up_in_vain(path);
      std::error_code error;
      EXPECT_EQ(scene.fence.read(error).data, "old") << error.message();
      scene.files.looked_up_in_vain(path);
      scene.fence.raise(43, error);
      EXPECT_EQ(error, kNone);
      scene.fence.publish(43, "new", error);
      EXPECT_EQ(error, kNone);
      EXPECT_EQ(scene.first.read(), "new");
    }
  }
}

// Who may change nothing cannot mend what its host remembers: what is missing may be there.
TEST(FenceFaults, ContentsThatAMereReaderDoesNotFindAreNotCalledCorrupt) {
  Forgetful scene(true);
  scene.files.looked_up_in_vain("/d/fence.blobs");
  for (std::size_t nth = 1; nth <= 60; ++nth) {
    scene.server.add({Operation::create, Effect::refused, EACCES, nth, {}});
    scene.server.add({Operation::touch, Effect::refused, EACCES, nth, {}});
  }
  const os::Stamp begun = scene.world.clock.now();
  std::error_code error;
  static_cast<void>(scene.fence.read(error));
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
  EXPECT_LT(scene.gone(begun), std::chrono::seconds(10));
  scene.server.forget_faults();
  EXPECT_EQ(scene.fence.read(error).data, "old");
}

// The kernel may not find what the directory lists, whatever is done about it.
TEST(FenceFaults, ContentsThatAreListedAndNotFoundAreNotCalledCorrupt) {
  Scene scene;
  for (std::size_t nth = 1; nth <= 60; ++nth) {
    scene.holder.files.add({Operation::status, Effect::refused, ENOENT, nth, "blob,"});
  }
  std::error_code error;
  static_cast<void>(scene.holder.fence.read(error));
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
  EXPECT_LT(scene.holder.files.calls().size(), 120u) << "a storm of requests";
}

}  // namespace
}  // namespace holdfast
