#include <gtest/gtest.h>
#include <holdfast/error.h>

namespace holdfast {
namespace {

TEST(Error, EveryCodeHasAMessageOfItsOwn) {
  for (int code = 1; code <= static_cast<int>(Errc::corrupt); ++code) {
    const std::string message = category().message(code);
    EXPECT_EQ(message.find("unknown error"), std::string::npos) << code;
    for (int other = 1; other < code; ++other) EXPECT_NE(message, category().message(other));
  }
  EXPECT_EQ(category().message(0), "unknown error 0");
}

TEST(Error, ComparesWithTheStandardsConditions) {
  EXPECT_EQ(make_error_code(Errc::timed_out), std::errc::timed_out);
  EXPECT_EQ(make_error_code(Errc::cancelled), std::errc::operation_canceled);
  EXPECT_NE(make_error_code(Errc::lost), std::errc::timed_out);
}

TEST(Error, NamesOperationPathAndCause) {
  const Error error({std::make_error_code(std::errc::permission_denied), "rename", "/mnt/a/lock"});
  EXPECT_EQ(error.failure().text(), "rename /mnt/a/lock: Permission denied");
  EXPECT_STREQ(error.what(), "rename /mnt/a/lock: Permission denied");
}

}  // namespace
}  // namespace holdfast
