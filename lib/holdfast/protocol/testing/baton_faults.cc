#include <holdfast/os/testing/errnos.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/testing/baton_faults.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

namespace holdfast::testing {
namespace {

bool changes_something(Operation operation) {
  return operation != Operation::list && operation != Operation::read &&
         operation != Operation::status && operation != Operation::file_system;
}

// --- how a step is come to

void nothing(BatonScene&, BatonActor&, BatonActor&) {}

void free_lock(BatonScene&, BatonActor& other, BatonActor&) {
  EXPECT_EQ(other.acquire(), kNone);
  EXPECT_EQ(other.release(), kNone);
}

void left_lock(BatonScene&, BatonActor&, BatonActor& actor) {
  EXPECT_EQ(actor.acquire(), kNone);
  EXPECT_EQ(actor.release(), kNone);
}

void left_long_ago(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  left_lock(scene, other, actor);
  free_lock(scene, other, actor);
}

void held_lock(BatonScene& scene, BatonActor&, BatonActor& actor) {
  EXPECT_EQ(actor.acquire(), kNone);
  scene.clock.advance(std::chrono::milliseconds(300));
}

void renewed_lock(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_lock(scene, other, actor);
  EXPECT_EQ(actor.refresh(), kNone);
  scene.clock.advance(std::chrono::milliseconds(300));
}

void held_by_other(BatonScene&, BatonActor& other, BatonActor&) {
  EXPECT_EQ(other.acquire(), kNone);
}

void run_out(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_by_other(scene, other, actor);
  EXPECT_EQ(actor.acquire(), Errc::timed_out);
  scene.clock.advance(observation_needed(scene.options().lifetime, scene.options()));
}

/// Long enough ago for the file system's own stamps to say it, and never seen before.
void old_by_the_server(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_by_other(scene, other, actor);
  scene.clock.advance(observation_needed(scene.options().lifetime, scene.options()) +
                      std::chrono::seconds(3));
}

/// A process of the actor's machine has the lock, and is dead.
void dead_holder(BatonScene& scene, BatonActor&, BatonActor& actor) {
  BatonActor dead(scene, actor.host.self().machine);
  EXPECT_EQ(dead.acquire(), kNone);
  actor.host.dead.insert(dead.host.self().pid);
}

/// The actor waits, and hears the name that the holder leaves behind: one rename, without a look.
void released_while_waiting(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_by_other(scene, other, actor);
  actor.host.notifies = true;
  actor.host.on_wait = [&](Duration) {
    // The first wait only begins to watch.
    if (actor.host.waits < 2 || !other.baton.held() || other.release()) return os::Wake::elapsed;
    actor.host.arrives = scene.value();
    return os::Wake::changed;
  };
}

/// What the actor has left is gone, so it has to look; and the directory is another user's, so that
/// it can be changed by a probe alone.
void left_to_a_stranger(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  left_long_ago(scene, other, actor);
  actor.files.forbid(Operation::touch);
}

/// Makers and probes have ended in the middle of their work, days ago.
void beside_leftovers(BatonScene& scene, BatonActor&, BatonActor&) {
  const std::string nonce = "0123456789abcdef";
  const std::string path = BatonScene::path();
  const auto directory = [&](const std::string& kind, const std::string& entry) {
    EXPECT_FALSE(scene.disk.make_directory(path + kind + nonce, 0777));
    EXPECT_FALSE(scene.disk.create(path + kind + nonce + '/' + entry, "", 0666));
  };
  directory(".init.", "free,7,0,0");
  directory(".seed.", "seed." + nonce);
  EXPECT_FALSE(scene.disk.create(path + ".probe." + nonce, "", 0666));
  scene.clock.advance(std::chrono::hours(48));
}

/// Held for longer than a cleaner may take a file for forgotten, with leases that are short.
void held_for_an_hour(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_lock(scene, other, actor);
  const Duration hour = std::chrono::hours(1);
  std::error_code error;
  actor.baton.refresh(hour, error);
  EXPECT_EQ(error, kNone);
  scene.clock.advance(hour - std::chrono::milliseconds(600));
  EXPECT_EQ(actor.refresh(), kNone);
  scene.clock.advance(std::chrono::milliseconds(600));
}

/// The actor's own rename is under way, and nobody could tell it more.
void in_doubt(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  free_lock(scene, other, actor);
  actor.files.add({Operation::rename, Effect::late, EIO, 1, "held,"});
  for (int count = 0; count < 100; ++count) {
    actor.files.add({Operation::touch, Effect::refused, EIO});
    actor.files.add({Operation::create, Effect::refused, EIO});
  }
  EXPECT_EQ(actor.acquire(), Errc::outcome_unknown);
  actor.files.forget_faults();
  EXPECT_TRUE(actor.files.has_late());
}

/// A renewal of the actor's is under way.
void renewal_in_doubt(BatonScene& scene, BatonActor& other, BatonActor& actor) {
  held_lock(scene, other, actor);
  actor.files.add({Operation::rename, Effect::late, EIO, 1, "held,"});
  for (int count = 0; count < 100; ++count) {
    actor.files.add({Operation::rename, Effect::refused, EIO, 1, "held,"});
  }
  EXPECT_EQ(actor.refresh(), Errc::outcome_unknown);
  actor.files.forget_faults();
  EXPECT_TRUE(actor.files.has_late());
}

// --- the steps

std::error_code acquire(BatonScene&, BatonActor& actor) { return actor.acquire(); }
std::error_code acquire_patiently(BatonScene& scene, BatonActor& actor) {
  const Duration needed = observation_needed(scene.options().lifetime, scene.options());
  return actor.acquire(Patience::of(2 * needed));
}
std::error_code refresh(BatonScene&, BatonActor& actor) { return actor.refresh(); }
std::error_code release(BatonScene&, BatonActor& actor) { return actor.release(); }

std::error_code acquire_far_ahead(BatonScene& scene, BatonActor& actor) {
  return actor.acquire(Patience::none(), scene.last_token + 1000);
}

std::error_code break_it(BatonScene& scene, BatonActor& actor) {
  return actor.break_shown(scene.value());
}

// --- what their answers promise

void after_acquire(BatonScene& scene, BatonActor& actor, std::error_code answer, const std::string&,
                   Duration) {
  EXPECT_EQ(actor.baton.held(), !answer);
  if (!answer) {
    EXPECT_TRUE(scene.names(actor)) << "a false hold: " << scene.value();
  } else if (answer != Errc::outcome_unknown) {
    EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
    EXPECT_FALSE(actor.baton.owes_release());
  }
}

void after_refresh(BatonScene& scene, BatonActor& actor, std::error_code answer,
                   const std::string& before, Duration left) {
  EXPECT_TRUE(scene.names(actor));
  if (!answer) {
    EXPECT_GT(actor.baton.remaining(), left);
    EXPECT_NE(scene.value(), before);
  } else {
    EXPECT_LE(actor.baton.remaining(), left) << "renewed, and said that it was not";
    if (answer != Errc::outcome_unknown) {
      EXPECT_EQ(scene.value(), before);
    }
  }
}

/// A state that may not be on disk is there all the same, and counts for nothing.
void after_durable_refresh(BatonScene& scene, BatonActor& actor, std::error_code answer,
                           const std::string& before, Duration left) {
  if (!answer) return after_refresh(scene, actor, answer, before, left);
  EXPECT_TRUE(scene.names(actor));
  EXPECT_LE(actor.baton.remaining(), left) << "renewed, and said that it was not";
}

void after_release(BatonScene& scene, BatonActor& actor, std::error_code answer, const std::string&,
                   Duration) {
  EXPECT_EQ(actor.baton.owes_release(), static_cast<bool>(answer));
  if (!answer) {
    EXPECT_FALSE(scene.names(actor)) << "a ghost: " << scene.value();
  }
}

void after_break(BatonScene& scene, BatonActor& actor, std::error_code answer,
                 const std::string& before, Duration) {
  EXPECT_FALSE(actor.baton.held());
  if (!answer) {
    EXPECT_FALSE(scene.state().held) << scene.value();
    EXPECT_TRUE(scene.state().news) << "the next holder is told";
    EXPECT_EQ(scene.state().taken, parse_state(before)->generation + 1);
  } else if (!actor.baton.owes_release()) {
    EXPECT_EQ(scene.value(), before);
  }
}

}  // namespace

Options BatonStep::options() const {
  Options chosen = BatonScene::options();
  chosen.durable = durable;
  chosen.server_clock = server_clock;
  return chosen;
}

std::vector<BatonStep> baton_steps() {
  return {
      {"Create", nothing, acquire, after_acquire},
      {"Acquire", free_lock, acquire, after_acquire},
      {"AcquireWhatWasLeft", left_lock, acquire, after_acquire},
      {"AcquireWhatWasLeftLongAgo", left_long_ago, acquire, after_acquire},
      {"AcquireFarAhead", free_lock, acquire_far_ahead, after_acquire},
      {"AcquireInDoubt", in_doubt, acquire, after_acquire, true},
      {"AcquireWhatAnEventNames", released_while_waiting, acquire_patiently, after_acquire},
      {"AcquireByAProbe", left_to_a_stranger, acquire, after_acquire},
      {"CreateBesideLeftovers", beside_leftovers, acquire, after_acquire},
      {"TakeOver", run_out, acquire, after_acquire},
      {"TakeOverFromTheDead", dead_holder, acquire, after_acquire, false, 7},
      {"Refresh", held_lock, refresh, after_refresh},
      {"RefreshAgain", renewed_lock, refresh, after_refresh},
      {"RefreshAfterAnHour", held_for_an_hour, refresh, after_refresh},
      {"RefreshInDoubt", renewal_in_doubt, refresh, after_refresh, true},
      {"Release", held_lock, release, after_release},
      {"ReleaseRenewed", renewed_lock, release, after_release},
      {"ReleaseInDoubt", renewal_in_doubt, release, after_release, true},
      {"ReleaseWhatMayCome", in_doubt, release, after_release, true},
      {"Break", held_by_other, break_it, after_break},
      {"DurableCreate", nothing, acquire, after_acquire, false, 0, true},
      {"DurableAcquire", left_lock, acquire, after_acquire, false, 0, true},
      {"DurableTakeOver", run_out, acquire, after_acquire, false, 0, true},
      {"DurableRefresh", held_lock, refresh, after_durable_refresh, false, 0, true},
      {"DurableRefreshInDoubt", renewal_in_doubt, refresh, after_durable_refresh, true, 0, true},
      {"DurableRelease", renewed_lock, release, after_release, false, 0, true},
      {"TakeOverByTheServersClock", old_by_the_server, acquire, after_acquire, false, 0, false,
       true},
  };
}

std::vector<Call> calls_of(const BatonStep& step) {
  BatonScene scene(step.options());
  BatonActor other(scene);
  BatonActor actor(scene, step.machine);
  step.prepare(scene, other, actor);
  actor.files.forget_calls();
  EXPECT_EQ(step.act(scene, actor), kNone) << step.name;
  EXPECT_FALSE(actor.files.calls().empty());
  return actor.files.calls();
}

std::vector<BatonCase> all_cases(const std::vector<Call>& calls) {
  std::vector<BatonCase> all;
  for (std::size_t call = 0; call < calls.size(); ++call) {
    const bool changes = changes_something(calls[call].operation);
    for (const int error : os::testing::all_errnos()) {
      all.push_back({call, Effect::refused, error});
      if (!changes) continue;
      all.push_back({call, Effect::reply_lost, error});
      // Only what the system does not answer for can come later: see protocol/outcome.h.
      if (is_passing({error, std::system_category()})) all.push_back({call, Effect::late, error});
    }
    if (!changes) continue;
    all.push_back({call, Effect::resent, 0});
    all.push_back({call, Effect::repeated, 0});
  }
  return all;
}

Fault fault_at(const std::vector<Call>& calls, const BatonCase& now) {
  const Operation operation = calls[now.call].operation;
  const auto before = std::count_if(calls.begin(), calls.begin() + static_cast<long>(now.call),
                                    [&](const Call& call) { return call.operation == operation; });
  return {operation, now.effect, now.error, static_cast<std::size_t>(before) + 1, {}};
}

std::string describe(const std::string& step, const BatonCase& now,
                     const std::vector<Call>& calls) {
  static const char* const kEffects[] = {"refused",  "reply lost",   "resent",     "late",
                                         "repeated", "crash before", "crash after"};
  std::ostringstream text;
  text << step << ": call " << now.call << " (" << calls[now.call].from << " " << calls[now.call].to
       << ") " << kEffects[static_cast<int>(now.effect)] << ", "
       << std::error_code(now.error, std::system_category()).message();
  return text.str();
}

}  // namespace holdfast::testing
