#include <gtest/gtest.h>
#include <holdfast/protocol/nonce.h>

namespace holdfast {
namespace {

TEST(Nonce, IsReadAsItIsWritten) {
  for (const std::uint64_t nonce : {0UL, 1UL, 0x0123456789abcdefUL, ~0UL, 1UL << 63}) {
    EXPECT_EQ(nonce_text(nonce).size(), 16u);
    EXPECT_EQ(parse_nonce(nonce_text(nonce)), nonce);
  }
  EXPECT_EQ(nonce_text(0xabcdef), "0000000000abcdef");
}

TEST(Nonce, HasOneForm) {
  for (const char* text : {"", "0", "backup", "0123456789abcde", "0123456789abcdef0",
                           "0123456789ABCDEF", "0123456789abcdeg", " 123456789abcdef",
                           "-123456789abcdef", "0x23456789abcdef", "0123456789abcde\n"}) {
    EXPECT_FALSE(parse_nonce(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast
