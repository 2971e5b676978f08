// Who does not know the token gets no further, and what was shown in one call serves in no other.
#include "harness/fleet/handshake.h"

#include <gtest/gtest.h>

namespace holdfast::harness::handshake {
namespace {

const std::string kToken(64, 'a');
const Call kCall{"h1", std::string(64, '1'), std::string(64, '2')};

TEST(Handshake, WhoKnowsTheTokenProvesIt) {
  for (const Side side : {Side::agent, Side::controller}) {
    EXPECT_TRUE(proves(proof(kToken, side, kCall), kToken, side, kCall));
  }
}

TEST(Handshake, AnotherTokenProvesNothing) {
  const std::string shown = proof(std::string(64, 'b'), Side::agent, kCall);
  EXPECT_FALSE(proves(shown, kToken, Side::agent, kCall));
}

// Else a caller could send the controller's own proof back to it.
TEST(Handshake, WhatOneSideShowsDoesNotServeTheOther) {
  EXPECT_FALSE(proves(proof(kToken, Side::controller, kCall), kToken, Side::agent, kCall));
}

// Else who has listened to one call could make another.
TEST(Handshake, WhatWasShownInOneCallDoesNotServeInAnother) {
  const std::string shown = proof(kToken, Side::agent, kCall);
  Call other = kCall;
  other.controllers_number = std::string(64, '3');
  EXPECT_FALSE(proves(shown, kToken, Side::agent, other));
  other = kCall;
  other.host = "h2";
  EXPECT_FALSE(proves(shown, kToken, Side::agent, other));
}

TEST(Handshake, WhatIsNoProofProvesNothing) {
  for (const char* shown : {"", "00", "zz", "a proof"}) {
    EXPECT_FALSE(proves(shown, kToken, Side::agent, kCall));
  }
  EXPECT_FALSE(proves(proof(kToken, Side::agent, kCall) + "0", kToken, Side::agent, kCall));
  EXPECT_FALSE(proves(proof("", Side::agent, kCall), "", Side::agent, kCall));
}

TEST(Handshake, NoTwoDrawnAreAlike) {
  EXPECT_TRUE(well_formed(draw()));
  EXPECT_NE(draw(), draw());
}

TEST(Handshake, LinesAreReadAsTheyWereWritten) {
  const std::string number = draw();
  const auto opening = read_opening(to_line(Opening{"h \"1\"", number}));
  ASSERT_TRUE(opening);
  EXPECT_EQ(opening->host, "h \"1\"");
  EXPECT_EQ(opening->number, number);
  const auto answer = read_answer(to_line(Answer{number, "shown"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->number, number);
  EXPECT_EQ(answer->proof, "shown");
  EXPECT_EQ(read_proof(to_line(std::string("shown"))), "shown");
}

TEST(Handshake, WhatIsNoSuchLineIsNotTakenForOne) {
  for (const char* line : {"", "GET / HTTP/1.1", "[]", "3", "{}", R"({"host": 3, "number": ""})",
                           R"({"host": "h1", "number": "12"})", R"({"number": [], "proof": ""})"}) {
    EXPECT_FALSE(read_opening(line)) << line;
    EXPECT_FALSE(read_answer(line)) << line;
  }
  EXPECT_FALSE(read_proof(R"({"proof": null})"));
}

}  // namespace
}  // namespace holdfast::harness::handshake
