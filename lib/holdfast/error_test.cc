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
  EXPECT_EQ(make_error_code(Errc::unsupported_file_system), std::errc::not_supported);
  // As std::unique_lock says it.
  EXPECT_EQ(make_error_code(Errc::already_held), std::errc::resource_deadlock_would_occur);
}

// Whoever asks for a missing right or a missing file means the file system's answer.
TEST(Error, NoCodeIsMistakenForAnErrorOfTheSystem) {
  for (int code = 1; code <= static_cast<int>(Errc::corrupt); ++code) {
    const std::error_code error(code, category());
    for (const std::errc other :
         {std::errc::permission_denied, std::errc::operation_not_permitted,
          std::errc::no_such_file_or_directory, std::errc::io_error, std::errc::not_a_directory}) {
      EXPECT_NE(error, other) << error.message();
    }
  }
}

TEST(Error, NamesOperationPathAndCause) {
  const Error error({std::make_error_code(std::errc::permission_denied), "rename", "/mnt/a/lock"});
  EXPECT_EQ(error.failure().text(), "rename /mnt/a/lock: Permission denied");
  EXPECT_STREQ(error.what(), "rename /mnt/a/lock: Permission denied");
}

}  // namespace
}  // namespace holdfast
