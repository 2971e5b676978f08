#include <gtest/gtest.h>
#include <holdfast/protocol/baton_state.h>

#include <limits>
#include <random>

namespace holdfast {
namespace {

using std::chrono::milliseconds;

const char* const kHeldName =
    "held,42,3,15000,7,1,build-1.example.org,4711,98765,18446744073709551615,5";

TEST(BatonState, ReadsAFreeName) {
  const std::optional<BatonState> state = parse_state("free,42,7,1");
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->held);
  EXPECT_EQ(state->generation, 42u);
  EXPECT_EQ(state->taken, 7u);
  EXPECT_TRUE(state->news);
  EXPECT_EQ(state_name(*state), "free,42,7,1");
}

TEST(BatonState, ReadsAHeldName) {
  const std::optional<BatonState> state = parse_state(kHeldName);
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->held);
  EXPECT_EQ(state->generation, 42u);
  EXPECT_EQ(state->renewal, 3u);
  EXPECT_EQ(state->lifetime, milliseconds(15000));
  EXPECT_EQ(state->host, "build-1.example.org");
  EXPECT_EQ(state->pid, 4711u);
  EXPECT_EQ(state->start, 98765u);
  EXPECT_EQ(state->machine, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(state->nonce, 5u);
  EXPECT_EQ(state_name(*state), kHeldName);
}

TEST(BatonState, OtherNamesAreNoStates) {
  for (const char* name : {"", "free", "held", "FREE,1,0,0", ".nfs0001", "freedom,1", ".probe.7"}) {
    EXPECT_FALSE(is_state_name(name)) << name;
    EXPECT_FALSE(parse_state(name)) << name;
  }
}

TEST(BatonState, RejectsWhatIsNotInItsOneForm) {
  for (const char* name : {
           "free,",
           "free,1",
           "free,1,0",
           "free,1,0,0,",
           "free,1,0,0,0",
           "free,,0,0",
           "free,01,0,0",
           "free,+1,0,0",
           "free,-1,0,0",
           "free, 1,0,0",
           "free,1,0,2",
           "free,1,0,00",
           "free,1,2,0",
           "free,1,0,0\n",
           "free,1.0,0,0",
           "free,0x1,0,0",
           "free,1000000000000000001,0,0",
           "free,99999999999999999999,0,0",
           "free,1,0, 0",
           "held,0,0,15000,0,0,h,1,1,1,1",       // a grant has a generation
           "held,1,0,99,0,0,h,1,1,1,1",          // lifetime too short
           "held,1,0,2592000001,0,0,h,1,1,1,1",  // too long
           "held,1,0,15000,2,0,h,1,1,1,1",       // taken in the future
           "held,1,0,15000,0,0,h_x,1,1,1,1",     // not encoded
           "held,1,0,15000,0,0,%4,1,1,1,1",      // half an escape
           "held,1,0,15000,0,0,%5f,1,1,1,1",     // in small letters
           "held,1,0,15000,0,0,%41,1,1,1,1",     // escaped without need
           "held,1,0,15000,0,0,h,0,1,1,1",       // no such pid
           "held,1,0,15000,0,0,h,4294967296,1,1,1",
           "held,1,0,15000,0,0,h,1,1,1,18446744073709551616",  // beyond 64 bits
           "held,1,0,15000,0,0,h,1,1,1",
           "held,1,0,15000,0,0,h,1,1,1,1,1",
           "held,1,10000000000,15000,0,0,h,1,1,1,1",
       }) {
    EXPECT_FALSE(parse_state(name)) << name;
    EXPECT_TRUE(is_state_name(name)) << name;
  }
}

TEST(BatonState, RejectsAHostBeyondItsLength) {
  const std::string tail = ",1,1,1,1";
  const std::string head = "held,1,0,15000,0,0,";
  EXPECT_TRUE(parse_state(head + std::string(64, 'h') + tail));
  EXPECT_FALSE(parse_state(head + std::string(65, 'h') + tail));
  EXPECT_TRUE(parse_state(head + tail)) << "a host without a name";
}

TEST(BatonState, TheLongestNameFits) {
  BatonState state;
  state.held = true;
  state.generation = kMostGeneration;
  state.taken = kMostGeneration;
  state.news = true;
  state.renewal = kMostRenewal;
  state.lifetime = kMostLifetime;
  state.host = std::string(kMostHost, 'h');
  state.pid = kMostPid;
  state.start = state.machine = state.nonce = std::numeric_limits<std::uint64_t>::max();
  const std::string name = state_name(state);
  EXPECT_LE(name.size(), kMostStateName);
  EXPECT_EQ(name.size(), kMostStateNameWithoutHost + kMostHost);
  EXPECT_EQ(parse_state(name), state);
}

TEST(BatonState, RoundTripsAnyStateInRange) {
  const unsigned seed = 20240611;
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t most) { return random() % (most + 1); };
  for (int count = 0; count < 20000; ++count) {
    BatonState state;
    state.held = below(1) == 1;
    state.generation = 1 + below(kMostGeneration - 1);
    state.taken = below(state.generation);
    state.news = below(1) == 1;
    if (state.held) {
      state.renewal = below(kMostRenewal);
      state.lifetime = milliseconds(100 + static_cast<std::int64_t>(below(2591999900)));
      std::string host;
      for (std::uint64_t length = below(80); length > 0; --length)
        host += static_cast<char>(random());
      state.host = encode_host(host);
      state.pid = 1 + below(kMostPid - 1);
      state.start = random();
      state.machine = random();
      state.nonce = random();
    }
    ASSERT_EQ(parse_state(state_name(state)), state) << "seed " << seed << " round " << count;
  }
}

// Every single byte of a good name, changed to any other: either refused, or a name in its one
// form.
TEST(BatonState, WhatIsReadIsAlwaysWrittenTheSame) {
  for (const std::string& good : {std::string("free,42,7,1"), std::string(kHeldName)}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string name = good;
        name[at] = static_cast<char>(byte);
        const std::optional<BatonState> state = parse_state(name);
        if (state) {
          ASSERT_EQ(state_name(*state), name);
        }
      }
    }
  }
}

TEST(BatonState, RanksByGenerationThenHeldBeforeFreeThenRenewal) {
  const char* const rising[] = {
      "free,1,0,0", "held,2,0,100,0,0,h,1,1,1,9", "held,2,1,100,0,0,h,1,1,1,3",
      "free,2,0,0", "held,3,0,100,3,1,h,1,1,1,1", "free,10,3,1"};
  for (std::size_t a = 0; a < std::size(rising); ++a) {
    for (std::size_t b = 0; b < std::size(rising); ++b) {
      EXPECT_EQ(ranks_below(*parse_state(rising[a]), *parse_state(rising[b])), a < b)
          << rising[a] << " and " << rising[b];
      EXPECT_EQ(ranks_below(std::string_view(rising[a]), std::string_view(rising[b])), a < b)
          << rising[a] << ' ' << rising[b];
    }
  }
}

// Two claimants of one base differ by nonce alone: neither ranks below the other.
TEST(BatonState, ANonceIsNoRank) {
  const BatonState one = *parse_state("held,2,0,100,0,0,h,1,1,1,1");
  const BatonState two = *parse_state("held,2,0,100,0,0,h,2,1,1,2");
  EXPECT_FALSE(ranks_below(one, two));
  EXPECT_FALSE(ranks_below(two, one));
}

TEST(BatonState, EncodesAnyHostName) {
  EXPECT_EQ(encode_host("build-1.example.org"), "build-1.example.org");
  EXPECT_EQ(encode_host("a,b/c\n%"), "a%2Cb%2Fc%0A%25");
  EXPECT_EQ(encode_host("b\xc3\xbc"), "b%C3%BC");
  EXPECT_EQ(decode_host("a%2Cb%2Fc%0A%25"), "a,b/c\n%");
}

TEST(BatonState, NeverCutsAHostInsideAnEscape) {
  for (std::size_t plain = 0; plain < 8; ++plain) {
    const std::string host = std::string(plain, 'h') + std::string(64, '_');
    const std::string encoded = encode_host(host);
    EXPECT_LE(encoded.size(), kMostHost);
    EXPECT_EQ((encoded.size() - plain) % 3, 0u) << encoded;
    EXPECT_TRUE(parse_state("held,1,0,15000,0,0," + encoded + ",1,1,1,1")) << encoded;
  }
}

TEST(BatonState, NamesTheProcess) {
  const os::Process process = process_of(*parse_state("held,1,0,15000,0,0,a%5Fb,12,34,56,78"));
  EXPECT_EQ(process, (os::Process{"a_b", 12, 34, 56}));
}

}  // namespace
}  // namespace holdfast
