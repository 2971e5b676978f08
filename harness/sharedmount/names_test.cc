// By which names a fault finds a file that has several, and the log speaks of it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <holdfast/os/os.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SharedMount;
using ::testing::StartsWith;

class Names : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
  }
  void share(const std::string& profile, const std::string& path) {
    mount_.reset();
    logged_ = 0;
    mount_ = std::make_unique<SharedMount>(
        R"({"emulate": ")" + profile +
        R"(", "faults": [{"fault": "delay", "for": "1us", "path": ")" + path +
        R"(", "operation": ["utime", "open_read", "link"]}]})");
  }
  std::string at(const std::string& name, std::size_t host = 0) { return mount_->at(host, name); }
  void make(const std::string& name) {
    EXPECT_EQ(files_.create(at(name), "", 0644).value(), 0) << name;
    said();
  }
  /// What is logged of it.
  std::string link(const std::string& from, const std::string& to) {
    EXPECT_EQ(files_.link(at(from), at(to)).value(), 0) << from << " " << to;
    return said();
  }
  std::string touch(const std::string& name) {
    EXPECT_EQ(files_.touch(at(name)).value(), 0) << name;
    return said();
  }
  std::string open(const std::string& name) {
    const int opened = ::open(at(name).c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(opened, 0) << name;
    ::close(opened);
    return said();
  }
  std::string said() {
    const std::string all = mount_->hits();
    return all.substr(std::exchange(logged_, all.size()));
  }

  os::Files& files_ = *os::native().files;
  std::unique_ptr<SharedMount> mount_;
  std::size_t logged_ = 0;
};

// Each time the name is looked up, so it is known which.
TEST_F(Names, AreTheOnesThatWereUsedWhereNoneIsBelieved) {
  for (const char* const profile : {"local", "nfs-noac"}) {
    share(profile, "claim");
    make("claim");
    EXPECT_EQ(link("claim", "lock"), "delay h1 link claim lock: done\n");
    EXPECT_EQ(touch("claim"), "delay h1 utime claim: done\n");
    EXPECT_EQ(open("claim"), "delay h1 open_read claim: done\n");
    EXPECT_EQ(link("claim", "x"), "delay h1 link claim x: done\n");
    EXPECT_EQ(link("claim", "y"), "delay h1 link claim y: done\n");
    EXPECT_THAT(touch("lock"), IsEmpty());
    EXPECT_THAT(open("lock"), IsEmpty());
    EXPECT_THAT(link("lock", "z"), IsEmpty());
  }
}

TEST_F(Names, AreAllThatTheHostBelievesWhereItsCacheSparesItTheQuestion) {
  for (const char* const path : {"claim", "lock"}) {
    share("nfs3-default", path);
    make("claim");
    EXPECT_EQ(link("claim", "lock"), "delay h1 link claim lock: done\n");
    EXPECT_EQ(touch("claim"), "delay h1 utime claim//lock: done\n");
    EXPECT_EQ(touch("lock"), "delay h1 utime claim//lock: done\n");
    EXPECT_EQ(open("claim"), "delay h1 open_read claim//lock: done\n");
    EXPECT_EQ(link("claim", "x"), "delay h1 link claim//lock x: done\n");
    EXPECT_EQ(link("claim", "y"), "delay h1 link claim//lock//x y: done\n");
  }
}

TEST_F(Names, ThatTheHostHasRemovedOrRenamedAreNoLongerMeant) {
  for (const char* const profile : {"local", "nfs3-default"}) {
    share(profile, "*");
    make("claim");
    link("claim", "lock");
    ASSERT_EQ(files_.unlink(at("claim")).value(), 0);
    EXPECT_EQ(touch("lock"), "delay h1 utime lock: done\n");
    ASSERT_EQ(files_.rename(at("lock"), at("aside")).value(), 0);
    EXPECT_EQ(touch("aside"), "delay h1 utime aside: done\n");
    EXPECT_EQ(open("aside"), "delay h1 open_read aside: done\n");
    make("new");
    ASSERT_EQ(files_.rename(at("aside"), at("new")).value(), 0);
    EXPECT_EQ(touch("new"), "delay h1 utime new: done\n");
  }
}

// What another host does to a name is not what this one believes of it.
TEST_F(Names, AreThoseOfTheHostThatAsks) {
  share("nfs3-default", "*");
  make("claim");
  ASSERT_EQ(files_.link(at("claim", 1), at("lock", 1)).value(), 0);
  EXPECT_THAT(said(), StartsWith("delay h2 link claim lock"));
  EXPECT_EQ(touch("claim"), "delay h1 utime claim: done\n");
  ASSERT_EQ(files_.unlink(at("claim", 1)).value(), 0);
  EXPECT_EQ(touch("claim"), "delay h1 utime claim: done\n");
  ASSERT_EQ(files_.touch(at("lock", 1)).value(), 0);
  EXPECT_EQ(said(), "delay h2 utime lock: done\n");
}

TEST_F(Names, HaveNoForbiddenCharacters) {
  share("nfs3-default", "cl*im");
  const std::string odd = "cl[\n//*: \\\xff|im";
  std::string name = odd;
  std::erase(name, '/');
  make(name);
  link(name, "lock");
  EXPECT_THAT(touch("lock"), HasSubstr("//lock: done\n"));
}

}  // namespace
}  // namespace holdfast::harness::mount
