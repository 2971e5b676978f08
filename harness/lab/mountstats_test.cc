#include "harness/lab/mountstats.h"

#include <gmock/gmock.h>

namespace holdfast::harness::lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// As a kernel 6.1 writes it, cut short.
constexpr const char* kStats =
    "device none mounted on /proc with fstype proc\n"
    "device 10.77.0.1:/ mounted on /nfs with fstype nfs4 statvers=1.1\n"
    "\topts:\trw,vers=4.2\n"
    "\tper-op statistics\n"
    "\t        NULL: 1 1 0 44 24 0 0 0 0\n"
    "\t        READ: 0 0 0 0 0 0 0 0 0\n"
    "\t      RENAME: 2000 2003 0 400000 300000 10 900 950 12\n"
    "\n"
    "device tmpfs mounted on /run with fstype tmpfs\n";

TEST(Mountstats, CountsTheOperationsOfOneMount) {
  EXPECT_THAT(nfs_counts(kStats, "/nfs"),
              ElementsAre(Pair("NULL", NfsCount{1, 0}), Pair("RENAME", NfsCount{2000, 3})));
  EXPECT_THAT(nfs_counts(kStats, "/other"), IsEmpty());
}

// A crashed host's kernel counts from nothing again: less than before is no negative number.
TEST(Mountstats, AHostThatHasBootedBeganAtNothing) {
  EXPECT_THAT(
      since({{"RENAME", {10, 1}}, {"READ", {3, 0}}}, {{"RENAME", {12, 2}}, {"READ", {3, 0}}}),
      ElementsAre(Pair("RENAME", NfsCount{2, 1})));
  EXPECT_THAT(since({{"RENAME", {10, 2}}}, {{"RENAME", {4, 1}}}),
              ElementsAre(Pair("RENAME", NfsCount{4, 1})));
}

}  // namespace
}  // namespace holdfast::harness::lab
