#include "harness/report/facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

class Facts : public testing::Test {
 protected:
  Facts() { std::filesystem::create_directories(folder_); }
  ~Facts() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = testing::TempDir() + "facts_test-" + std::to_string(::getpid());
};

RunFacts some() {
  RunFacts facts = build_facts();
  facts.command_line = {"holdfast", "run", "a \"b\".json"};
  facts.again = "holdfast run a.json --seed 1";
  facts.started_unix_ms = 1'795'454'282'123;
  facts.ended_unix_ms = 1'795'454'312'456;
  facts.contender = "flufl.lock 5.0.1";
  facts.interrupted = true;
  Machine machine;
  machine.hosts = {"h1", "h2"};
  machine.kernel = "Linux";
  machine.cpus = 2;
  machine.memory_bytes = 1U << 30U;
  machine.load = 0.5;
  machine.mount = Mount{"8:1", "/", "/", {"rw"}, "ext4", "/dev/sda1", {"rw"}};
  machine.problems = {"none"};
  facts.machines = {machine, Machine{}};
  facts.terms.own_lock = facts.terms.in_process = facts.terms.tokens = facts.terms.wants_expiry =
      true;
  facts.terms.lifetime_ns = 2'000'000'000;
  facts.terms.contract_drift = 0.01;
  facts.terms.steady_server_clock = true;
  facts.terms.bypass_bound = 0;
  facts.terms.wants_faults = {"kill"};
  facts.terms.final_counter = ~std::uint64_t{0};
  return facts;
}

TEST_F(Facts, ReadBackAsTheyWereWritten) {
  const RunFacts written = some();
  ASSERT_TRUE(write_facts(folder_, written));
  const auto first = read_stored(folder_ + "/facts.json");
  const auto read = read_facts(folder_);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->command_line, written.command_line);
  EXPECT_EQ(read->machines.size(), 2U);
  EXPECT_EQ(read->machines[0].mount, written.machines[0].mount);
  EXPECT_FALSE(read->machines[1].mount);
  EXPECT_EQ(read->terms.final_counter, written.terms.final_counter);
  EXPECT_EQ(read->terms.bypass_bound, 0U);
  EXPECT_FALSE(read->terms.overstay_bound);
  // Field by field: what was read gives the same file again.
  ASSERT_TRUE(write_facts(folder_, *read));
  EXPECT_EQ(read_stored(folder_ + "/facts.json").value(), first.value());
}

TEST_F(Facts, SayWhichProgramRan) {
  EXPECT_EQ(build_facts().version.find_first_not_of("0123456789."), std::string::npos);
  EXPECT_FALSE(build_facts().build.empty());
}

TEST_F(Facts, ThatDoNotFitAreRefusedWithTheFile) {
  const auto refused = [&](const std::string& text) {
    std::ofstream(folder_ + "/facts.json") << text;
    const auto read = read_facts(folder_);
    return read ? std::string("no problem at all") : read.error().text();
  };
  const std::string file = folder_ + "/facts.json: ";
  EXPECT_EQ(refused(R"({"version": 1, "facts": {}})"),
            file + "found version 1, allowed is 4: judge this run with the holdfast that made it");
  EXPECT_EQ(refused(R"({"version": 4, "facts": {}})").find(file + "does not fit: "), 0U);
  EXPECT_EQ(refused("{").find(file + "does not fit: "), 0U);
  EXPECT_EQ(refused("").find(file + "does not fit: "), 0U);
  std::filesystem::remove(folder_ + "/facts.json");
  EXPECT_EQ(read_facts(folder_).error().text(),
            file + "cannot open this: No such file or directory");
}

TEST_F(Facts, ThatCannotBeWrittenSayWhy) {
  const auto written = write_facts(folder_ + "/nowhere", some());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().text(),
            folder_ + "/nowhere/facts.json.new: cannot make this: No such file or directory");
}

}  // namespace
}  // namespace holdfast::harness
