// `holdfast mount` as a person uses it: in one terminal it serves, in another faults are injected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/commands/started.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class MountCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/fuse cannot be opened";
  }
  // Where a test fails, its server is killed; the guardian unmounts.
  void TearDown() override {
    EXPECT_TRUE(eventually([this] { return !is_mounted(); }));
  }
  static void end_in_order(Started& server) {
    server.signal(SIGINT);
    EXPECT_EQ(server.wait().status, 0);
  }
  std::string dir(const std::string& name = "") const { return playground_.folder() / "m" / name; }
  std::unique_ptr<Started> serve(std::vector<std::string> more) const {
    more.insert(more.begin(), {HOLDFAST_PROGRAM, "mount", dir()});
    return watch(more);
  }
  std::unique_ptr<Started> watch(const std::vector<std::string>& more) const {
    auto started = std::make_unique<Started>(playground_, more);
    EXPECT_TRUE(eventually([&] { return started->out().find("Ctrl-C") != std::string::npos; }))
        << started->err();
    return started;
  }
  Said mount(std::vector<std::string> more) const {
    more.insert(more.begin(), {HOLDFAST_PROGRAM, "mount", dir()});
    return Started(playground_, more).wait();
  }
  /// Makes a lock as programs do; its error, 0 if it was told that it has it.
  int claim(const std::string& host, const std::string& lock) const {
    const std::string own = dir(host + "/claim-" + lock);
    std::ofstream(own) << "mine";
    return ::link(own.c_str(), dir(host + "/" + lock).c_str()) == 0 ? 0 : errno;
  }
  std::vector<json> log() const {
    std::vector<json> lines;
    std::ifstream in(dir("faults.jsonl"));
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }
  bool is_mounted() const {
    std::ifstream mounts("/proc/self/mounts");
    const std::string all(std::istreambuf_iterator<char>(mounts), {});
    return all.find(" " + dir()) != std::string::npos;
  }

  Playground playground_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

// Its fault would be accepted, and do nothing.
TEST_F(MountCommand, AServerThatNeverForgetsIsNotAskedTo) {
  const std::string script = playground_.file("script.json", R"({ "emulate": "nfs-async",
    "faults": [ { "fault": "server_crash", "at": "1s", "for": "1s", "forget": 3 } ] })");
  const Said said = mount({"--script", script, "--emulate", "nfs3-default"});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err,
              HasSubstr("--emulate: found nfs3-default with a script that has \"forget\""));
}

TEST_F(MountCommand, AScriptStrikesAndItsFaultsAreLogged) {
  const std::string script = playground_.file("script.json", R"({ "emulate": "local",
    "faults": [ { "fault": "lost_reply", "operation": "link", "host": "h1" } ] })");
  const auto server = serve({"--script", script, "--seed", "7"});
  EXPECT_THAT(server->out(), HasSubstr(dir("h2")));
  EXPECT_THAT(server->out(), HasSubstr("as local, 1 fault, seed 00000007"));
  EXPECT_EQ(claim("h1", "lock"), EEXIST);
  EXPECT_EQ(claim("h2", "other"), 0);
  ASSERT_EQ(log().size(), 1U);
  EXPECT_EQ(log()[0].at("kind"), "lost_reply");
  EXPECT_EQ(log()[0].at("at_operation"), "link claim-lock lock: done, then EEXIST");
  end_in_order(*server);
  EXPECT_FALSE(is_mounted());
  EXPECT_TRUE(fs::exists(dir("shared/lock"))) << "the files stay";
}

TEST_F(MountCommand, FaultsComeAndGoWhileItServes) {
  const auto server = serve({"--emulate", "local"});
  EXPECT_EQ(claim("h1", "before"), 0);
  const Said injected = mount({"--inject", R"({"fault": "error", "error": "EDQUOT",
                                               "operation": "link"})"});
  EXPECT_EQ(injected.status, 0) << injected.err;
  EXPECT_EQ(injected.out, "{\"injected\":1}\n");
  EXPECT_EQ(claim("h1", "during"), EDQUOT);
  EXPECT_EQ(mount({"--end", "1"}).out, "{\"ended\":1}\n");
  EXPECT_EQ(claim("h1", "after"), 0);
  ASSERT_EQ(log().size(), 1U);
  EXPECT_EQ(log()[0].at("at_operation"), "link claim-during during: EDQUOT, not carried out");
  const Said wrong = mount({"--inject", R"({"fault": "lost_replay"})"});
  EXPECT_EQ(wrong.status, 3);
  EXPECT_THAT(wrong.out, HasSubstr("did you mean \\\"lost_reply\\\""));
  EXPECT_EQ(mount({"--end", "1"}).status, 3) << "it has ended";
  end_in_order(*server);
}

// Each file that a host knows costs its server a descriptor.
TEST_F(MountCommand, MoreFilesThanTheSoftLimitOfDescriptorsAreServed) {
  const auto server = watch({"/bin/sh", "-c", R"(ulimit -Sn 64; exec "$0" "$@")", HOLDFAST_PROGRAM,
                             "mount", dir(), "--emulate", "nfs3-default"});
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(claim("h1", "lock" + std::to_string(i)), 0) << "file " << i;
  }
  end_in_order(*server);
}

// Who serves has its profile, its hosts and its seed already.
TEST_F(MountCommand, HowToServeIsNotSaidToAServerThatServes) {
  const auto refusal = [&](const std::vector<std::string>& words) {
    const Said said = mount(words);
    EXPECT_EQ(said.status, 3);
    EXPECT_EQ(said.out, "");
    return said.err;
  };
  const std::string fault = R"({"fault": "hang"})";
  EXPECT_THAT(refusal({"--inject", fault, "--seed", "7"}),
              HasSubstr("--seed: found beside --inject, which is for a mount that is served"));
  EXPECT_THAT(refusal({"--emulate", "local", "--end", "1"}),
              HasSubstr("--emulate: found beside --end"));
  EXPECT_THAT(refusal({"--inject", fault, "--hosts", "2"}), HasSubstr("--hosts: found beside"));
  EXPECT_THAT(refusal({"--inject", fault, "--script", "a.json"}),
              HasSubstr("--script: found beside"));
}

TEST_F(MountCommand, WhereAServerWasKilledAnotherServes) {
  const auto first = serve({"--emulate", "nfs-async"});
  EXPECT_EQ(claim("h1", "lock"), 0);
  EXPECT_EQ(::unlink(dir("h1/lock").c_str()), 0);  // so that something is kept to be given back
  first->signal(SIGKILL);
  EXPECT_EQ(first->wait().status, -SIGKILL);
  EXPECT_TRUE(eventually([this] { return !is_mounted(); }));
  EXPECT_EQ(mount({"--inject", R"({"fault": "hang"})"}).status, 4) << "nobody serves";
  const auto second = serve({"--emulate", "nfs-async"});
  EXPECT_EQ(claim("h2", "lock"), 0);
  end_in_order(*second);
}

// Whoever kills everything that has the program's name.
TEST_F(MountCommand, WhatAServerLeftThatWasKilledWithItsGuardianTheNextOneTakesAway) {
  const auto first = serve({"--hosts", "3"});
  const Said beside = mount({});
  EXPECT_EQ(beside.status, 4);
  EXPECT_THAT(beside.err, HasSubstr("/m: is served already"));
  for (const pid_t pid : playground_.processes()) {
    if (pid != first->pid()) ::kill(pid, SIGKILL);
  }
  ASSERT_TRUE(eventually([&] { return playground_.processes().size() == 1; }));
  first->signal(SIGKILL);
  first->wait();
  ASSERT_TRUE(is_mounted());
  const auto second = serve({});
  EXPECT_THAT(second->err(), HasSubstr(dir("h3") + ": unmounted"));
  EXPECT_EQ(claim("h2", "lock"), 0);
  end_in_order(*second);
}

}  // namespace
}  // namespace holdfast::harness
