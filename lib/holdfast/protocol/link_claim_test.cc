#include <gtest/gtest.h>
#include <holdfast/protocol/link_claim.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr std::uint64_t kMostRandom = 9223372036854775807U;

TEST(LinkClaim, IsWrittenAsFluflLockWritesIt) {
  const ClaimForm form("/srv/a/x.lck", "|");
  EXPECT_EQ(form.path({"node7.example.org", 4711, 805306457}),
            "/srv/a/x.lck|node7.example.org|4711|805306457");
  EXPECT_EQ(form.directory(), "/srv/a/");
  EXPECT_EQ(form.base(), "x.lck");
}

TEST(LinkClaim, RoundTripsWithEverySeparatorHostAndPath) {
  const std::vector<std::string> separators = {"|", "^", "+",        "--", "||",
                                               ".", "-", "\xc2\xa6", " "};
  const std::vector<std::string> hosts = {
      "h",     "a.b-c.example",     "localhost",          "a|b", "h|", "|h", "a--b", "h-", "..",
      "1|2|3", "\xc3\xa9t\xc3\xa9", std::string(255, 'x')};
  const std::vector<std::string> paths = {"/a/x.lck", "x.lck",  "./x.lck",  "../x",
                                          "/a|b/x",   "/a/x|y", "/a/x|1|2", "/x"};
  for (const auto& separator : separators) {
    for (const auto& host : hosts) {
      for (const auto& path : paths) {
        const ClaimForm form(path, separator);
        for (const Claim& claim : {Claim{host, 1, 0}, Claim{host, 4194304, kMostRandom}}) {
          const std::string written = form.path(claim);
          EXPECT_EQ(form.parse_contents(written), claim) << written;
          EXPECT_EQ(form.parse_name(written.substr(form.directory().size())), claim) << written;
        }
      }
    }
  }
}

// One share is mounted in different places on different hosts, and relative paths depend on their
// maker's directory: neither says that the lock is another one.
TEST(LinkClaim, TheDirectoryThatTheContentsSpellDoesNotMatter) {
  const ClaimForm form("/mnt/share/x.lck", "|");
  const Claim claim{"h", 12, 34};
  for (const char* contents : {"/mnt/share/x.lck|h|12|34", "/srv/export/x.lck|h|12|34",
                               "x.lck|h|12|34", "../share/x.lck|h|12|34", "/a|b|c/x.lck|h|12|34"}) {
    EXPECT_EQ(form.parse_contents(contents), claim) << contents;
  }
}

TEST(LinkClaim, NamesOfOtherLocksAreNotOurs) {
  const ClaimForm form("/mnt/share/x.lck", "|");
  for (const char* contents :
       {"/mnt/share/y.lck|h|12|34", "/mnt/share/ax.lck|h|12|34", "/mnt/share/x.lck.bak|h|12|34",
        "/mnt/share\\x.lck|h|12|34", "x.lck^h^12^34", "x.lck+h+12+34"}) {
    EXPECT_FALSE(form.parse_contents(contents)) << contents;
  }
}

TEST(LinkClaim, WhatIsNotStrictlyAClaimIsNone) {
  const ClaimForm form("/d/x", "|");
  const std::vector<std::string> bad = {"",
                                        "x",
                                        "x|",
                                        "x|h",
                                        "x|h|1",
                                        "x|h|1|",
                                        "x|h||2",
                                        "x||1|2",
                                        "x|h|1|2|",
                                        "x|h|1|2\n",
                                        "x|h|1|2 ",
                                        " x|h|1|2",
                                        "x|h| 1|2",
                                        "x|h|+1|2",
                                        "x|h|-1|2",
                                        "x|h|0|2",
                                        "x|h|01|2",
                                        "x|h|1|02",
                                        "x|h|1|-2",
                                        "x|h|1|0x2",
                                        "x|h|one|2",
                                        "x|h|1|two",
                                        "x|h|1.0|2",
                                        "x|h|9223372036854775808|2",
                                        "x|h|1|9223372036854775808",
                                        "x|h|99999999999999999999999|2",
                                        "x|h/|1|2",
                                        "x|h\n|1|2",
                                        "x|h|1|2/",
                                        "x|h|1|2/y",
                                        std::string("x|h\0|1|2", 8),
                                        std::string("x|h|1|2\0", 8),
                                        "x|" + std::string(256, 'h') + "|1|2",
                                        std::string(5000, 'x') + "/x|h|1|2"};
  for (const auto& contents : bad) EXPECT_FALSE(form.parse_contents(contents)) << contents;
}

// A NUL in the directory part would cut the path for whoever passes it on to the system.
TEST(LinkClaim, ANulAnywhereMakesItNoClaim) {
  const ClaimForm form("/d/x", "|");
  EXPECT_FALSE(form.parse_contents(std::string("/etc/passwd\0/x|h|1|2", 20)));
  EXPECT_TRUE(form.parse_contents("/etc/passwd/x|h|1|2"));
}

TEST(LinkClaim, SeparatorsThatWouldNotSeparateAreRefused) {
  for (const char* good : {"|", "^", "+", "--", "..", " ", "\xc2\xa6"}) {
    EXPECT_TRUE(separator_is_valid(good)) << good;
  }
  for (const char* bad : {"", "/", "a", "7", "|1", "|/", "\n", "\x7f", "-----------------"}) {
    EXPECT_FALSE(separator_is_valid(bad)) << bad;
  }
  EXPECT_FALSE(separator_is_valid(std::string("|\0", 2)));
}

TEST(LinkClaim, AnyHostNameBecomesOneThatParses) {
  const ClaimForm form("/d/x", "|");
  for (const std::string& host : {std::string(), std::string("a/b"), std::string("a\nb"),
                                  std::string("a\0b", 3), std::string(400, 'n')}) {
    const Claim claim{claim_host(host), 5, 6};
    EXPECT_EQ(form.parse_contents(form.path(claim)), claim) << host;
  }
  EXPECT_EQ(claim_host("node_7.example.org"), "node_7.example.org");
}

TEST(LinkClaim, TheRandomNumberTellsMachinesAndProcessesApart) {
  const os::Process self{"h", 1, 77, 0x1234567890abcdefU};
  const Claim own{"h", 1, marked_random(self, ~std::uint64_t{0})};
  EXPECT_LE(own.random, kMostRandom);
  EXPECT_TRUE(made_on_machine(own, self));
  EXPECT_TRUE(made_by_process(own, self));

  os::Process other_namespace = self;  // the same host name, and pid 1 as well
  other_namespace.machine = 0x1234567890abcdeeU;
  EXPECT_FALSE(made_on_machine(own, other_namespace));
  EXPECT_FALSE(made_by_process(own, other_namespace));

  os::Process later = self;  // has the pid again
  later.start = 78;
  EXPECT_TRUE(made_on_machine(own, later));
  EXPECT_FALSE(made_by_process(own, later));
}

TEST(LinkClaim, WhereNothingIsProvableNothingIsOurs) {
  const os::Process unknown{"h", 1, 77, 0};
  const Claim own{"h", 1, marked_random(unknown, 5)};
  EXPECT_FALSE(made_on_machine(own, unknown));
  EXPECT_FALSE(made_by_process(own, unknown));
  const os::Process without_start{"h", 1, 0, 99};
  EXPECT_FALSE(made_by_process({"h", 1, marked_random(without_start, 5)}, without_start));
}

// Distinct draws are distinct names: the random bits are not swallowed by the marks.
TEST(LinkClaim, DrawsDiffer) {
  const os::Process self{"h", 1, 77, 5};
  EXPECT_NE(marked_random(self, 1), marked_random(self, 2));
}

}  // namespace
}  // namespace holdfast
