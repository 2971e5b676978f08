#include "harness/scenario/fault_sorts.h"

#include <gmock/gmock.h>

namespace holdfast::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Sorts = std::vector<std::string>;

Sorts sorts(const std::string& fault) {
  const auto read = parse_mount_fault(fault, "fault", {"h1"});
  if (!read) {
    ADD_FAILURE() << read.error().text();
    return {};
  }
  return sorts_of(*read);
}

TEST(FaultSorts, AnErrorIsToldApartByItsNameWithWhatWasDoneAllTheSame) {
  EXPECT_THAT(sorts(R"({"fault": "error", "error": "EIO"})"), ElementsAre("EIO not applied"));
  EXPECT_THAT(sorts(R"({"fault": "error", "error": "ESTALE", "applied": "yes"})"),
              ElementsAre("ESTALE applied"));
  EXPECT_THAT(sorts(R"({"fault": "error", "error": "EIO", "applied": "later", "for": "1s"})"),
              ElementsAre("EIO applied later"));
}

TEST(FaultSorts, APartitionIsToldApartByWhatDoesNotGetThrough) {
  const std::string partition = R"({"fault": "partition", "for": "1s")";
  EXPECT_THAT(sorts(partition + "}"), ElementsAre("both"));
  EXPECT_THAT(sorts(partition + R"(, "direction": "requests"})"), ElementsAre("requests"));
  EXPECT_THAT(sorts(partition + R"(, "direction": "replies"})"), ElementsAre("replies"));
}

TEST(FaultSorts, AClockIsSteppedOrSet) {
  EXPECT_THAT(sorts(R"({"fault": "server_clock", "step": "1s"})"), ElementsAre("step"));
  EXPECT_THAT(sorts(R"({"fault": "server_clock", "offset": "1s"})"), ElementsAre("offset"));
}

TEST(FaultSorts, AReplyIsLostByItselfOrByAnOutage) {
  EXPECT_THAT(sorts(R"({"fault": "lost_reply"})"), ElementsAre("by itself"));
  EXPECT_EQ(lost_by(MountFault::Kind::partition), "by partition");
}

TEST(FaultSorts, OfOtherKindsThereIsOneSortAlone) {
  for (const char* kind :
       {"duplicate", "delay", "reorder", "hang", "server_pause", "server_crash"}) {
    EXPECT_THAT(sorts(R"({"fault": ")" + std::string(kind) + R"(", "for": "1s"})"), IsEmpty())
        << kind;
  }
}

TEST(FaultSorts, TheLabsFaultsAreToldApartLikewise) {
  LabFault fault;
  EXPECT_THAT(sorts_of(fault), IsEmpty());
  fault.kind = LabFault::Kind::partition;
  fault.what = "nfs";
  EXPECT_THAT(sorts_of(fault), ElementsAre("nfs"));
  fault.kind = LabFault::Kind::server_clock;
  fault.rate = 1.5;
  EXPECT_THAT(sorts_of(fault), ElementsAre("rate"));
  fault.step = std::chrono::seconds(1);
  EXPECT_THAT(sorts_of(fault), ElementsAre("step"));
}

}  // namespace
}  // namespace holdfast::harness
