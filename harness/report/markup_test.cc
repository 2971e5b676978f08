#include "harness/report/markup.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(HtmlText, IsNoMarkup) {
  EXPECT_EQ(html_text("<b title='x' id=\"y\">&amp;</b>"),
            "&lt;b title=&#39;x&#39; id=&quot;y&quot;&gt;&amp;amp;&lt;/b&gt;");
}

// A name that turns the direction of writing would read as another one.
TEST(HtmlText, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(html_text("a\nb\xff\xe2\x80\xae"), "a\\nb\\xff\\u{202e}");
}

TEST(HtmlJson, CannotEndItsElement) {
  EXPECT_EQ(html_json(R"({"name":"</script><!--"})"), R"({"name":"\u003c/script>\u003c!--"})");
}

}  // namespace
}  // namespace holdfast::harness
