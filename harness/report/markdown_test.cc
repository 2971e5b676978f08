// What a name must not become on a page of GitHub's.
#include "harness/report/markdown.h"

#include <gtest/gtest.h>

#include <ostream>

namespace holdfast::harness {
namespace {

TEST(Markdown, LeavesOrdinaryWordsAsTheyAre) {
  EXPECT_EQ(markdown("h2.w3 renames held,17 to free,17 (inode 7): premature_break, 0.5 %"),
            "h2.w3 renames held,17 to free,17 (inode 7): premature_break, 0.5 %");
  EXPECT_EQ(markdown("claim-h1 at 17:18:02, 0:53"), "claim-h1 at 17:<!-- -->18:02, 0:53");
}

struct Hostile {
  const char* what;
  const char* text;
  const char* shown;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.what; }

class HostileMarkdown : public testing::TestWithParam<Hostile> {};

TEST_P(HostileMarkdown, IsShownAsItIs) { EXPECT_EQ(markdown(GetParam().text), GetParam().shown); }

INSTANTIATE_TEST_SUITE_P(
    Names, HostileMarkdown,
    testing::Values(
        Hostile{"tag", "<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"},
        Hostile{"entity", "&lt;b&gt;", "&amp;lt;b&amp;gt;"},
        Hostile{"link", "[a](b)", "\\[a\\](b)"}, Hostile{"image", "![a](b)", "!\\[a\\](b)"},
        Hostile{"bare_link", "https://a.b", "https\\://a.b"},
        Hostile{"bare_name", "see WWW.a.b", "see WWW\\.a.b"},
        Hostile{"mention", "@somebody", "@<!-- -->somebody"},
        Hostile{"picture", ":white_check_mark: :+1:", ":<!-- -->white_check_mark: :<!-- -->+1:"},
        Hostile{"old_number", "GH-12 gh-3", "GH-<!-- -->12 gh-<!-- -->3"},
        Hostile{"number", "a/b#12", "a/b#<!-- -->12"}, Hostile{"heading", "# big", "#<!-- --> big"},
        Hostile{"list", "- item", "\\- item"}, Hostile{"numbered_list", "12. item", "12\\. item"},
        Hostile{"rule", "---", "\\---"}, Hostile{"underline", "===", "\\==="},
        Hostile{"cell", "a | b", "a \\| b"}, Hostile{"bold", "**a**", "\\*\\*a\\*\\*"},
        Hostile{"italic", "_a_", "\\_a\\_"}, Hostile{"struck", "~~a~~", "\\~\\~a\\~\\~"},
        Hostile{"code", "`a`", "\\`a\\`"}, Hostile{"formula", "$a$", "\\$a\\$"},
        Hostile{"lines", "a\n\n# b", "a\\\\n\\\\n#<!-- --> b"},
        Hostile{"indent", "    code", "code"}, Hostile{"terminal", "\x1b[1m", "\\\\x1b\\[1m"}),
    [](const auto& hostile) { return std::string(hostile.param.what); });

TEST(MarkdownCode, IsNotEndedByWhatItHolds) {
  EXPECT_EQ(markdown_code("5a3f"), "`5a3f`");
  EXPECT_EQ(markdown_code("a `b` ``c``"), "``` a `b` ``c`` ```");
  EXPECT_EQ(markdown_block({"a", "```", "<b>"}, "sh"), "````sh\na\n```\n<b>\n````\n");
  EXPECT_EQ(markdown_block({"a\nb"}), "```\na\\nb\n```\n");
}

TEST(MarkdownTable, IsNothingWithoutARow) {
  EXPECT_EQ(markdown_table({"a", "b"}, {}), "");
  EXPECT_EQ(markdown_table({"a", "b"}, {{"1", "2"}, {"3", ""}}),
            "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |  |\n");
}

}  // namespace
}  // namespace holdfast::harness
