// One process that uses a fence, for the fence's tests.
#pragma once

#include <holdfast/fence.h>
#include <holdfast/os/testing/faulty_files.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scripted_host.h>

#include <memory>
#include <string>
#include <vector>

namespace holdfast {

inline constexpr char kFence[] = "/d/fence";
inline constexpr char kBlobs[] = "/d/fence.blobs/";

/// What all processes share.
struct FenceWorld {
  os::testing::ManualClock clock;
  os::testing::MemoryFiles disk{clock};
  std::int64_t last_pid = 100;

  FenceWorld() { static_cast<void>(disk.make_directory("/d", 0777)); }

  std::vector<std::string> blobs() const {
    std::vector<std::string> found;
    for (const auto& path : disk.paths()) {
      if (path.starts_with(kBlobs)) found.push_back(path);
    }
    return found;
  }
};

struct FenceActor {
  FenceWorld& world;
  os::testing::FaultyFiles files{world.disk};
  os::testing::ScriptedHost host{world.clock, {"h", ++world.last_pid, 1, 1}};
  Fence fence{kFence, {&files, &world.clock, &host}};

  explicit FenceActor(FenceWorld& shared) : world(shared) {}

  std::error_code raise(Token token) {
    std::error_code error;
    fence.raise(token, error);
    return error;
  }
  std::error_code publish(Token token, const std::string& data) {
    std::error_code error;
    fence.publish(token, data, error);
    return error;
  }
  std::error_code collect(Token token) {
    std::error_code error;
    fence.collect(token, error);
    return error;
  }
  /// What is current; the error's text in its place.
  std::string read() {
    std::error_code error;
    const Fence::Contents contents = fence.read(error);
    if (error) return "error: " + error.message();
    return contents.published ? contents.data : "nothing";
  }
  Token token() {
    std::error_code error;
    return fence.token(error);
  }
};

}  // namespace holdfast
