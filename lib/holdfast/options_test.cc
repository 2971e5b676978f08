#include <gtest/gtest.h>
#include <holdfast/options.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>

namespace holdfast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

struct Wrong {
  std::string names;  ///< what the error must name: the option and its value
  std::function<void(Options&)> set;
};

TEST(Options, TheDefaultsAreAllowed) {
  EXPECT_NO_THROW(check_options({}));
  EXPECT_EQ(Options().lifetime, std::chrono::seconds(15));
  EXPECT_EQ(Options().max_poll, milliseconds(250));
  EXPECT_EQ(Options().drift, 0.01);
  EXPECT_EQ(Options().margin, milliseconds(100));
  EXPECT_EQ(Options().slop, std::chrono::seconds(10));
}

TEST(Options, WhatIsOutOfRangeIsNamedWithItsValueAndWhatIsAllowed) {
  const Wrong all[] = {
      {"lifetime is 99 ms, allowed is 100 ms", [](Options& o) { o.lifetime = milliseconds(99); }},
      {"lifetime", [](Options& o) { o.lifetime = hours(30 * 24) + milliseconds(1); }},
      {"max_poll is 0 ms", [](Options& o) { o.max_poll = Duration::zero(); }},
      {"max_poll", [](Options& o) { o.max_poll = hours(2); }},
      {"spin is 1001 ms", [](Options& o) { o.spin = milliseconds(1001); }},
      {"margin is -1 ms", [](Options& o) { o.margin = milliseconds(-1); }},
      {"slop is -1 ms", [](Options& o) { o.slop = milliseconds(-1); }},
      {"drift is 1", [](Options& o) { o.drift = 1; }},
      {"drift is -0.01", [](Options& o) { o.drift = -0.01; }},
      {"drift is nan", [](Options& o) { o.drift = std::nan(""); }},
      {"directory_mode is 010000", [](Options& o) { o.directory_mode = 010000; }},
      {"file_mode is 017777", [](Options& o) { o.file_mode = 017777; }},
      {"separator is \"\"", [](Options& o) { o.separator = ""; }},
      {"separator is \"a/b\"", [](Options& o) { o.separator = "a/b"; }},
      {"separator is \"\\x00\"", [](Options& o) { o.separator = std::string(1, '\0'); }},
      {"retry_errnos is -1",
       [](Options& o) {
         o.retry_errnos = {5, -1};
       }},
  };
  for (const Wrong& wrong : all) {
    Options options;
    wrong.set(options);
    try {
      check_options(options);
      ADD_FAILURE() << wrong.names;
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(wrong.names), std::string::npos) << text;
      EXPECT_NE(text.find("allowed is"), std::string::npos) << text;
      EXPECT_TRUE(text.starts_with("holdfast: ")) << text;
    }
  }
}

TEST(Options, TheLimitsThemselvesAreAllowed) {
  Options options;
  options.lifetime = milliseconds(100);
  options.margin = Duration::zero();
  options.drift = 0;
  options.max_poll = std::chrono::microseconds(1);
  EXPECT_NO_THROW(check_options(options));
  options.lifetime = hours(30 * 24);
  options.directory_mode = 07777;
  EXPECT_NO_THROW(check_options(options));
}

}  // namespace
}  // namespace holdfast
