// What the protocols of lib/README.md take for granted of real NFS, seen on a real client and a
// real server: were one of these to change, a rule there would have lost its reason.
#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/commands/started.h"
#include "harness/lab/lab.h"
#include "harness/lab/socket.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::HasSubstr;

/// A call whose reply does not come fails within seconds.
const std::string kSoft = "soft,timeo=10,retrans=1";
const auto kGivenUp = testing::AnyOf(HasSubstr("Input/output error"), HasSubstr("timed out"));
const std::string kRename =
    "import os\n"
    "try: os.rename('/nfs/before', '/nfs/after')\n"
    "except OSError as error: print(error.strerror)";
const std::string kList = "import os\nprint(os.listdir('/nfs'))";

class NfsFactsTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto lacking = lab::what_a_lab_lacks()) GTEST_SKIP() << *lacking;
  }

  void up(const std::string& nfs, const std::string& options = {}) {
    std::vector<std::string> words = {HOLDFAST_PROGRAM, "lab", "up",    "--name", name_,
                                      "--clients",      "2",   "--nfs", nfs};
    if (!options.empty()) words.insert(words.end(), {"--mount-options", options});
    const Said said = Started(playground_, words).wait();
    ASSERT_EQ(said.status, 0) << said.err;
    auto found = lab::Lab::find(name_);
    ASSERT_TRUE(found) << found.error().text();
    lab_ = std::move(*found);
  }

  void TearDown() override {
    if (lab_) {
      EXPECT_TRUE(lab_->down());
    }
  }

  /// What a Python program says on a guest.
  std::string python(const std::string& guest, const std::string& program) const {
    const auto said = lab_->ask(
        guest, {{"do", "run"}, {"words", {"/usr/bin/python3", "-S", "-c", program}}}, seconds(120));
    return said ? said->value("text", "") : said.error().text();
  }
  /// The same, and what it says comes later.
  Result<Descriptor> begin(const std::string& guest, const std::string& program) const {
    return lab_->begin(guest,
                       {{"do", "run"}, {"words", {"/usr/bin/python3", "-S", "-c", program}}});
  }
  /// Packets of a guest that were cut.
  int dropped(const std::string& guest) const {
    const auto answer = lab_->ask({{"do", "dropped"}, {"guest", guest}});
    return answer ? answer->value("dropped", 0) : 0;
  }
  /// What the first guest says that renames a directory there and back until that fails, since it
  /// hears of nothing any more, and then does something to it under the name that it had by then:
  /// `then`, of Python, in which that is `old`.
  std::string renamed(const std::string& name, const std::string& then) const {
    const std::string program =
        "import os, sys\n"
        "old, new = '/nfs/" +
        name + ".1', '/nfs/" + name +
        ".2'\n"
        "os.mkdir(old)\n"
        "open(old + '/free', 'w').close()\n"
        "print('at work')\n"
        "try:\n"
        "  while True:\n"
        "    os.rename(old, new)\n"
        "    old, new = new, old\n"
        "except OSError as error: print(error.strerror)\n"
        "sys.stdin.readline()\n"
        "try: " +
        then +
        "\n"
        "except OSError as error: print(error.strerror)\n"
        "print('over')\n";
    const auto line = lab_->begin(
        "h1", {{"do", "exec"}, {"words", {"/usr/bin/python3", "-u", "-S", "-c", program}}});
    if (!line) return line.error().text();
    const auto next = [&] {
      const auto said = lab::read_line(line->number(), seconds(60));
      return said ? *said : said.error().text();
    };
    EXPECT_EQ(next(), "at work");
    ask({{"do", "cut"}, {"guest", "h1"}, {"what", "replies"}});
    EXPECT_THAT(next(), kGivenUp);
    ask({{"do", "heal"}, {"guest", "h1"}});
    EXPECT_TRUE(lab::send_line(line->number(), "go on"));
    return next();
  }
  void ask(const json& request) const {
    const auto said = lab_->ask(request);
    EXPECT_TRUE(said) << said.error().text();
  }

  std::string name_ = "facts-" + std::to_string(::getpid());
  Playground playground_{"facts"};
  std::unique_ptr<lab::Lab> lab_;
};

// So waiting is done by listing, and no step looks up or renames a name that a listing has not
// shown.
TEST_P(NfsFactsTest, AListingIsFreshWhereANameLookedUpInVainStaysMissing) {
  ASSERT_NO_FATAL_FAILURE(up(GetParam()));
  EXPECT_EQ(python("h2", "import os\nprint(os.path.exists('/nfs/name'))"), "False");
  EXPECT_EQ(python("h1", "import os\nos.mkdir('/nfs/d')\nos.rename('/nfs/d', '/nfs/name')"), "");
  EXPECT_EQ(python("h2",
                   "import os\n"
                   "print(os.path.exists('/nfs/name'))\n"
                   "try: os.rename('/nfs/name', '/nfs/other')\n"
                   "except OSError as error: print(error.strerror)\n"
                   "print(os.listdir('/nfs'))"),
            "False\nNo such file or directory\n['name']");
}
INSTANTIATE_TEST_SUITE_P(Lab, NfsFactsTest, testing::Values("3", "4.2"),
                         [](const auto& version) { return "v" + version.param.substr(0, 1); });

// So a waiter counts a lease from when the listing came back, not from when it was begun.
TEST_P(NfsFactsTest, AListingThatWasBlockedShowsWhatIsYoungerThanItsBeginning) {
  ASSERT_NO_FATAL_FAILURE(up(GetParam()));
  EXPECT_EQ(python("h1", "open('/nfs/before', 'w').close()"), "");
  EXPECT_EQ(python("h2", kList), "['before']");
  ask({{"do", "cut"}, {"guest", "h2"}, {"what", "both"}});
  auto listing = begin("h2", kList);
  ASSERT_TRUE(listing) << listing.error().text();
  EXPECT_TRUE(eventually([&] { return dropped("h2") > 0; })) << "the listing has not begun";
  EXPECT_EQ(python("h1", "import os\nos.rename('/nfs/before', '/nfs/after')"), "");
  ask({{"do", "heal"}, {"guest", "h2"}});
  const auto said = lab::read_line(listing->number(), seconds(60));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_THAT(*said, HasSubstr("['after']"));
}

// So a waiter that has seen no change for long touches the directory before it lists it: to ask for
// its attributes is not enough.
TEST_F(NfsFactsTest, AListingOfVersion3CanStayOldUntilTheDirectoryIsTouched) {
  ASSERT_NO_FATAL_FAILURE(up("3"));
  // Pairs of renames within one tick of the server's clock, and a listing now and then between.
  auto writer = begin("h1",
                      "import os, time\n"
                      "os.mkdir('/nfs/d')\n"
                      "open('/nfs/d/0.a', 'w').close()\n"
                      "for i in range(1000):\n"
                      "  os.rename('/nfs/d/%d.a' % i, '/nfs/d/%d.b' % i)\n"
                      "  time.sleep(0.003)\n"
                      "  os.rename('/nfs/d/%d.b' % i, '/nfs/d/%d.a' % (i + 1))\n"
                      "  time.sleep(0.2)\n");
  ASSERT_TRUE(writer) << writer.error().text();
  // Old: unchanged through a tenth of a second of listings, and another one once it is touched.
  const std::string said =
      python("h2",
             "import ctypes, os, time\n"
             "def names():\n"
             "  try: return os.listdir('/nfs/d')\n"
             "  except OSError: return os.listdir('/nfs')\n"
             "def ask_for_attributes():\n"  // statx(AT_STATX_FORCE_SYNC)
             "  assert ctypes.CDLL(None).statx(-100, b'/nfs/d', 0x2000, 0x7ff,\n"
             "                                 ctypes.create_string_buffer(256)) == 0\n"
             "cured, last, since, end = 0, None, 0, time.monotonic() + 90\n"
             "while cured < 3 and time.monotonic() < end:\n"
             "  shown = names()\n"
             "  if shown != last: last, since = shown, time.monotonic()\n"
             "  elif shown and shown[0].endswith('.b') and time.monotonic() - since > 0.1:\n"
             "    ask_for_attributes()\n"
             "    still = names() == shown\n"
             "    os.utime('/nfs/d')\n"
             "    cured += still and names() != shown\n"
             "    last = None\n"
             "print(cured)");
  EXPECT_EQ(said, "3");
}

// So an error is an unknown outcome, and what came of it is found out by a listing.
TEST_F(NfsFactsTest, ASoftMountsRenameFailsAndIsApplied) {
  ASSERT_NO_FATAL_FAILURE(up("3", kSoft));
  EXPECT_EQ(python("h1", "open('/nfs/before', 'w').close()"), "");
  ask({{"do", "cut"}, {"guest", "h1"}, {"what", "replies"}});
  EXPECT_THAT(python("h1", kRename), kGivenUp);
  EXPECT_EQ(python("h2", kList), "['after']");
  ask({{"do", "heal"}, {"guest", "h1"}});
}

// So an error is not the end of a request: it can be carried out when its caller has given up.
TEST_F(NfsFactsTest, ASoftMountsRenameIsAppliedAfterItHasFailed) {
  ASSERT_NO_FATAL_FAILURE(up("3", kSoft));
  EXPECT_EQ(python("h1", "open('/nfs/before', 'w').close()"), "");
  constexpr int kTries = 12;  // about every second one
  bool seen = false;
  for (int i = 0; i < kTries && !seen; ++i) {
    ask({{"do", "pause"}, {"guest", "server"}});
    EXPECT_THAT(python("h1", kRename), kGivenUp);
    ask({{"do", "resume"}, {"guest", "server"}});
    for (int look = 0; look < 10 && !seen; ++look) seen = python("h2", kList) == "['after']";
  }
  EXPECT_TRUE(seen);
}

// So a maker's private directory is never emptied under the name that it was made with: that can
// lead into the lock that it has become. Only what a rename of one's own has moved aside is
// emptied.
TEST_F(NfsFactsTest, ADirectoryIsReachedByTheNameThatItNoLongerHas) {
  ASSERT_NO_FATAL_FAILURE(up("3", kSoft));
  constexpr int kTries = 12;  // about every second one reaches it
  const auto files_of = [&](const std::string& name) {
    return python("h2",
                  "import os\nprint([os.listdir('/nfs/' + d) for d in os.listdir('/nfs')"
                  " if d.startswith('" +
                      name + ".')])");
  };
  std::string said;
  for (int i = 0; i < kTries && said != "over"; ++i) {
    const std::string name = "emptied" + std::to_string(i);
    said = renamed(name, "os.unlink(old + '/free')");
    EXPECT_EQ(files_of(name), said == "over" ? "[[]]" : "[['free']]") << said;
  }
  EXPECT_EQ(said, "over") << "it was never reached";
  for (int i = 0; i < 2; ++i) {
    const std::string name = "aside" + std::to_string(i);
    EXPECT_THAT(renamed(name, "os.rename(old, old + '.trash')"), HasSubstr("No such file"));
    EXPECT_EQ(files_of(name), "[['free']]");
  }
}

// So a rename's ENOENT can mean that it has been done: the name that only we can have made tells.
TEST_F(NfsFactsTest, AServerThatCrashedHasNoMemoryOfWhatItDidAndWasNotHeard) {
  ASSERT_NO_FATAL_FAILURE(up("3"));
  constexpr int kTries = 8;  // about every second one meets the server between deed and reply
  bool seen = false;
  for (int i = 0; i < kTries && !seen; ++i) {
    const std::string from = "/nfs/a" + std::to_string(i), to = "/nfs/b" + std::to_string(i);
    EXPECT_EQ(python("h1", "open('" + from + "', 'w').close()"), "");
    ask({{"do", "cut"}, {"guest", "h1"}, {"what", "replies"}});
    auto caller = begin("h1", "import os\ntry: os.rename('" + from + "', '" + to +
                                  "')\nexcept OSError as error: print(error.strerror)");
    ASSERT_TRUE(caller) << caller.error().text();
    EXPECT_TRUE(
        eventually([&] { return python("h2", kList).find(to.substr(5)) != std::string::npos; }));
    ask({{"do", "crash"}, {"guest", "server"}});
    ask({{"do", "heal"}, {"guest", "h1"}});
    ask({{"do", "boot"}, {"guest", "server"}});
    ASSERT_TRUE(lab_->wait_for("server", seconds(60)));
    const auto said = lab::read_line(caller->number(), seconds(60));
    ASSERT_TRUE(said) << said.error().text();
    seen = said->find("No such file") != std::string::npos;
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace holdfast::harness
