#include "harness/survivor/survivor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

class SurvivorTest : public ::testing::Test {
 protected:
  SurvivorTest() {
    std::string name = (fs::temp_directory_path() / "holdfast.XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~SurvivorTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  /// Writes what it was told, to be seen all at once.
  std::function<void(const std::string&)> note() const {
    return [folder = folder_](const std::string& told) {
      std::ofstream(folder / "writing") << told;
      fs::rename(folder / "writing", folder / "told");
    };
  }
  std::string told() const {
    std::ifstream in(folder_ / "told");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

TEST_F(SurvivorTest, ActsWithAllThatItWasToldWhenItsObjectGoes) {
  {
    auto survivor = Survivor::post(note());
    ASSERT_TRUE(survivor) << survivor.error().text();
    survivor->tell("one ");
    survivor->tell("two");
    EXPECT_EQ(told(), "");
  }
  EXPECT_EQ(told(), "one two");
}

TEST_F(SurvivorTest, ActsWhenTheProcessIsKilledThatPostedIt) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t posting = ::fork();
  if (posting == 0) {
    auto survivor = Survivor::post(note());
    if (!survivor) ::_exit(1);
    survivor->tell("killed");
    const char done = 'y';
    if (::write(ready[1], &done, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char done = 'n';
  EXPECT_EQ(::read(ready[0], &done, 1), 1);
  ::kill(posting, SIGKILL);
  ::waitpid(posting, nullptr, 0);
  for (int i = 0; i < 2000 && !fs::exists(folder_ / "told"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(told(), "killed");
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace holdfast::harness
