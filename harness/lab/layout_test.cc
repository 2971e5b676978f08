#include "harness/lab/layout.h"

#include <gmock/gmock.h>

#include <set>

namespace holdfast::harness::lab {
namespace {

using testing::Contains;
using testing::HasSubstr;

LabSpec spec_with(std::size_t clients, const std::string& nfs = "4.2") {
  LabSpec spec;
  spec.nfs = nfs;
  for (std::size_t i = 1; i <= clients; ++i) spec.hosts.push_back("h" + std::to_string(i));
  return spec;
}

// Two guests with one address would answer for each other; devices have names of 15 bytes at most.
TEST(LabLayout, EveryGuestHasAddressesAndCablesOfItsOwn) {
  const auto guests = guests_of(spec_with(kMostClients));
  std::set<std::string> seen;
  for (const Guest& guest : guests) {
    for (const std::string& one : {guest.nfs_address, guest.control_address, guest.nfs_tap,
                                   guest.control_tap, guest.nfs_mac, guest.control_mac}) {
      EXPECT_TRUE(seen.insert(one).second) << one;
    }
    EXPECT_LE(guest.control_tap.size(), 15U);
    EXPECT_EQ(guest.nfs_mac.size(), 17U) << guest.nfs_mac;
  }
  EXPECT_TRUE(guests.front().server);
  EXPECT_FALSE(guests.back().server);
}

// Nothing resolves versions for us: there is no mount.nfs between.
TEST(LabLayout, AMountNamesItsVersionAndWhatItNeedsOfIt) {
  LabSpec spec = spec_with(1, "4.1");
  spec.mount_options = "soft,timeo=50";
  MountCall call = mount_call(spec, "10.77.0.1");
  EXPECT_EQ(call.type, "nfs4");
  EXPECT_EQ(call.source, "10.77.0.1:/");
  EXPECT_THAT(call.data, HasSubstr("vers=4.1,"));
  EXPECT_THAT(call.data, HasSubstr(",soft,timeo=50"));
  call = mount_call(spec_with(1, "3"), "10.77.0.1");
  EXPECT_EQ(call.type, "nfs");
  EXPECT_THAT(call.data, HasSubstr("vers=3,"));
  EXPECT_THAT(call.data, HasSubstr("mountport=20048"));
}

// A random address would be unknown to the others' neighbour tables after each boot.
TEST(LabLayout, AKernelIsToldItsFixedHardwareAddress) {
  const auto guests = guests_of(spec_with(2));
  const auto words = kernel_words(guests[1], {"/run/l", "/bin/holdfast", "/run/l/h1.json", "/d"});
  EXPECT_THAT(words, Contains(HasSubstr("mac=" + guests[1].nfs_mac)));
  EXPECT_THAT(words, Contains("init=/bin/holdfast"));
  EXPECT_THAT(words, testing::Not(Contains("ubd0=/d")));
  EXPECT_EQ(words.back(), "/run/l/h1.json");
}

TEST(LabLayout, ANameOfALabIsAWordForAPath) {
  EXPECT_TRUE(good_lab_name("ci-2"));
  for (const char* bad : {"", "a/b", "..", "a b", "012345678901234567890123456789012"}) {
    EXPECT_FALSE(good_lab_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast::harness::lab
