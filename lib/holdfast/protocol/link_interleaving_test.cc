// One step of one process, interrupted before each of its file operations by all that another does.
//
// The whole of the other's work fits between two operations of the first: that is one preemption,
// at every place where it can be. What must hold between users of this library: never two holders,
// and no holder loses a lock whose time is not over.
#include <holdfast/protocol/testing/link_fixture.h>

#include <functional>

namespace holdfast {
namespace {

using std::chrono::seconds;
using testing::Party;
using testing::World;

/// Three processes on hosts of their own, and what each holds.
class Trio {
 public:
  std::error_code take(Link& link, Patience patience = Patience::none()) {
    std::error_code error;
    link.acquire(patience, {}, error);
    return error;
  }
  std::error_code give(Link& link) {
    std::error_code error;
    link.release(error);
    return error;
  }
  std::error_code renew(Link& link) {
    std::error_code error;
    link.refresh(seconds(15), error);
    return error;
  }
  int holders() const {
    return (one->held() ? 1 : 0) + (two->held() ? 1 : 0) + (three->held() ? 1 : 0);
  }
  /// Whoever believes to hold it, does.
  void expect_sound() {
    EXPECT_LE(holders(), 1);
    for (Link* link : {one.get(), two.get(), three.get()}) {
      if (!link->held()) continue;
      EXPECT_EQ(world.contents("LOCK"), link->claim_path());
      EXPECT_FALSE(renew(*link));
    }
  }
  /// Whatever happened, the lock can be had again: when it is given back, or when its time is over.
  void expect_free_again() {
    for (Link* link : {one.get(), two.get(), three.get()}) {
      if (link->owes_release()) give(*link);
    }
    EXPECT_FALSE(take(*three, Patience::of(seconds(30))));
  }

  World world;
  Party& a = world.party("a.example", 11, 1001);
  Party& b = world.party("b.example", 22, 1002);
  Party& c = world.party("c.example", 33, 1003);
  std::unique_ptr<Link> one = world.link(a);
  std::unique_ptr<Link> two = world.link(b);
  std::unique_ptr<Link> three = world.link(c);
};

using Act = std::function<void(Trio&)>;

struct Named {
  const char* name;
  Act act;
};

/// Runs `first` on a fresh trio with `second` before its n-th operation, for every n.
void interleave(const Act& prepare, const Act& first, const Act& second) {
  for (std::size_t at = 1;; ++at) {
    SCOPED_TRACE("before operation " + std::to_string(at));
    Trio trio;
    prepare(trio);
    std::size_t count = 0;
    trio.a.files.before = [&](const os::testing::Call&) {
      if (++count == at) second(trio);
    };
    first(trio);
    trio.a.files.before = nullptr;
    trio.expect_sound();
    trio.expect_free_again();
    if (::testing::Test::HasFailure()) return;
    if (count >= at) continue;
    EXPECT_GT(at, 3u) << "there was little to interrupt";
    return;
  }
}

void free_lock(Trio&) {}
void held_by_one(Trio& trio) { ASSERT_FALSE(trio.take(*trio.one)); }
void overdue_by_one(Trio& trio) {
  held_by_one(trio);
  trio.world.clock.advance(seconds(26));
}
void expired_lock(Trio& trio) {
  ASSERT_FALSE(trio.take(*trio.three));
  trio.world.clock.advance(seconds(26));
}

const Named kOthers[] = {
    {"takes", [](Trio& trio) { trio.take(*trio.two); }},
    {"takes and gives back",
     [](Trio& trio) { EXPECT_TRUE(trio.take(*trio.two) || !trio.give(*trio.two)); }},
    {"takes and gives back to a third",
     [](Trio& trio) {
       EXPECT_TRUE(trio.take(*trio.two) || !trio.give(*trio.two));
       trio.take(*trio.three);
     }},
};

TEST(LinkInterleaving, AnAcquireOfAFreeLock) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        free_lock, [](Trio& trio) { trio.take(*trio.one); }, other.act);
  }
}

TEST(LinkInterleaving, ABreak) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        expired_lock, [](Trio& trio) { trio.take(*trio.one); }, other.act);
  }
}

TEST(LinkInterleaving, ABreakWhileTheHolderGivesBackAndAnotherTakes) {
  interleave(
      expired_lock, [](Trio& trio) { trio.take(*trio.one); },
      [](Trio& trio) {
        trio.give(*trio.three);
        trio.take(*trio.two);
      });
}

TEST(LinkInterleaving, ARelease) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        held_by_one, [](Trio& trio) { EXPECT_FALSE(trio.give(*trio.one)); }, other.act);
  }
}

TEST(LinkInterleaving, AnOverdueRelease) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        overdue_by_one, [](Trio& trio) { trio.give(*trio.one); }, other.act);
  }
}

TEST(LinkInterleaving, ARefresh) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        held_by_one, [](Trio& trio) { EXPECT_FALSE(trio.renew(*trio.one)); }, other.act);
  }
}

TEST(LinkInterleaving, AnOverdueRefresh) {
  for (const Named& other : kOthers) {
    SCOPED_TRACE(other.name);
    interleave(
        overdue_by_one, [](Trio& trio) { trio.renew(*trio.one); }, other.act);
  }
}

}  // namespace
}  // namespace holdfast
