// The wire by itself, for tests: no mount. Requests are handed to it as a host would, and the loop
// runs until nothing is left to be done.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/scratch.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/sharedmount/wire.h"

namespace holdfast::harness::mount::testing {

inline const std::string kDelayed = R"({"fault": "delay", "for": "30ms"})";
inline const std::string kLostReply = R"({"fault": "lost_reply"})";
inline const std::string kRefused = R"({"fault": "error", "error": "EIO"})";

class WireTest : public ::testing::Test {
 protected:
  /// Faults strike from the first request on.
  void share(const std::vector<std::string>& faults, const std::string& profile_name = "local",
             std::optional<Nanoseconds> gives_up = {}) {
    std::filesystem::create_directory(scratch_ / "shared");
    Manners manners = *profile(profile_name);
    manners.gives_up = gives_up;
    store_ = std::move(*Store::open(scratch_ / "shared", manners));
    const WireOptions options{{"h1", "h2"}, 7, [this](const Hit& hit) { note(hit); }};
    wire_ = std::make_unique<Wire>(context_, *store_, options);
    wire_->start();
    for (const std::string& fault : faults) wire_->add(fault_of(fault));
    begun_ = std::chrono::steady_clock::now();
  }
  static MountFault fault_of(const std::string& text) {
    const auto fault = parse_mount_fault(text, "fault", {"h1", "h2"});
    EXPECT_TRUE(fault) << fault.error().text();
    return *fault;
  }
  /// Its error is in `told_` once it is answered.
  void send(Action action, const std::string& name, std::uint32_t host = 0) {
    Request request;
    request.action = action;
    request.host = host;
    request.node = store_->root();
    request.name = name;
    request.mode = 0755;
    wire_->send(
        request, [this](const Reply& reply) { told_.push_back(reply.error); },
        [] { return false; });
  }
  void create(const std::string& name, int flags) {
    Request request;
    request.action = Action::create;
    request.node = store_->root();
    request.name = name;
    request.mode = 0644;
    request.flags = O_RDWR | flags;
    wire_->send(
        request, [this](const Reply& reply) { told_.push_back(reply.error); },
        [] { return false; });
  }
  /// Until all is over that was begun.
  void run() {
    context_.run();
    context_.restart();
  }
  void note(const Hit& hit) {
    const std::string& kind = mount_fault_kinds()[static_cast<std::size_t>(hit.kind)];
    log_.push_back((hit.as.empty() ? kind : hit.as + "(" + kind + ")") + " " + hit.host + " " +
                   hit.what + (hit.why_not.empty() ? "" : " (no effect: " + hit.why_not + ")"));
    hits_.push_back(hit);
    begins_.push_back(std::chrono::steady_clock::now() - hit.ago - hit.lasted);
  }
  bool there(const std::string& name) const {
    return std::filesystem::exists(scratch_ / ("shared/" + name));
  }

  os::testing::Scratch scratch_{"/dev/shm"};
  boost::asio::io_context context_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Wire> wire_;
  Instant begun_;
  std::vector<int> told_;
  std::vector<std::string> log_;
  std::vector<Hit> hits_;
  std::vector<Instant> begins_;
};

}  // namespace holdfast::harness::mount::testing
