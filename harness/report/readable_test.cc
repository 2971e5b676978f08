#include "harness/report/readable.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(Readable, PlainTextStaysAsItIs) {
  for (const char* text : {"", "lock-0/held,17", "a \"b\" <c> & 'd' \\", "gr\xc3\xbc\xc3\x9f\x65",
                           "\xe2\x82\xac", "\xf0\x9f\x94\x92"}) {
    EXPECT_EQ(readable(text), text);
    EXPECT_EQ(utf8(text), text);
  }
}

TEST(Readable, AControlCharacterNeverReachesTheTerminal) {
  EXPECT_EQ(readable("a\nb\r\t"), "a\\nb\\r\\t");
  EXPECT_EQ(readable("\x1b[2J\x7f"), "\\x1b[2J\\x7f");
  EXPECT_EQ(readable(std::string_view("\0x", 2)), "\\x00x");
  EXPECT_EQ(readable("\xc2\x9b"), "\\u{9b}");  // CSI in one character
}

// "gpj.lock" shown as "kcol.jpg" would send its reader to the wrong file.
TEST(Readable, WhatCannotBeSeenIsShown) {
  EXPECT_EQ(readable("\xe2\x80\xaegpj"), "\\u{202e}gpj");
  EXPECT_EQ(readable("a\xe2\x80\x8b\x62"), "a\\u{200b}b");
  EXPECT_EQ(readable("\xef\xbb\xbf\xef\xbf\xbf"), "\\u{feff}\\u{ffff}");
}

TEST(Readable, BytesThatAreNoUtf8AreShownOneByOne) {
  EXPECT_EQ(readable("a\xff\xfe"), "a\\xff\\xfe");
  EXPECT_EQ(readable("\xc3"), "\\xc3");                             // cut off
  EXPECT_EQ(readable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(readable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(readable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(readable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(utf8("a\xff\n"), "a\\xff\n");
}

TEST(Readable, ASecondTimeChangesNothing) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(static_cast<unsigned char>(byte));
  EXPECT_EQ(readable(readable(all)), readable(all));
  EXPECT_EQ(utf8(readable(all)), readable(all));
}

}  // namespace
}  // namespace holdfast::harness
