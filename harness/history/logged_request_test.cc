// How the log of an emulated mount is read.
#include "harness/history/logged_request.h"

#include <gmock/gmock.h>

namespace holdfast::harness {
namespace {

using testing::ElementsAre;

TEST(LoggedRequest, HasItsOperationItsNamesAndWhatBecameOfIt) {
  const LoggedRequest link = read_logged_request("link d/claim|1 lock: done, then EEXIST");
  EXPECT_EQ(link.file, FileOp::link);
  EXPECT_THAT(link.names, ElementsAre("d/claim|1"));
  EXPECT_EQ(link.name(), "d/claim|1");
  EXPECT_EQ(link.other, "lock");
  EXPECT_EQ(link.became, "done, then EEXIST");
  const LoggedRequest mkdir = read_logged_request("mkdir lock: EIO");
  EXPECT_EQ(mkdir.file, FileOp::mkdir);
  EXPECT_EQ(mkdir.name(), "lock");
  EXPECT_EQ(mkdir.other, "");
}

TEST(LoggedRequest, OfAFileOfSeveralNamesHasThemAll) {
  const LoggedRequest link = read_logged_request("link claim//d/lock//x y: done");
  EXPECT_EQ(link.file, FileOp::link);
  EXPECT_THAT(link.names, ElementsAre("claim", "d/lock", "x"));
  EXPECT_EQ(link.name(), "claim//d/lock//x");
  EXPECT_EQ(link.other, "y");
  EXPECT_EQ(link.became, "done");
}

TEST(LoggedRequest, OfAFileThatIsOpenAndUnlinkedIsAnUnlink) {
  const LoggedRequest request = read_logged_request("rename lock .nfs0000000000000001: done");
  EXPECT_EQ(request.file, FileOp::unlink);
  EXPECT_EQ(request.name(), "lock");
  EXPECT_EQ(request.other, "");
}

TEST(LoggedRequest, IsNoneWhereTheLogSpeaksOfSomethingElse) {
  for (const char* const what : {"", "2 requests waited", "after rename 3", "a: b"}) {
    EXPECT_EQ(read_logged_request(what).file, FileOp::none) << what;
  }
}

}  // namespace
}  // namespace holdfast::harness
