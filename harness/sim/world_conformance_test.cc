// The simulated world is held to what the operating system does: with nothing going wrong, one
// client's view of it is that of a disk.
#include <gtest/gtest.h>
#include <holdfast/os/testing/files_conformance.h>
#include <holdfast/os/testing/host_conformance.h>

#include "harness/sim/process.h"

namespace holdfast::os::testing {
namespace {

using harness::sim::Observer;
using harness::sim::Process;
using harness::sim::ProcessSetting;
using harness::sim::Server;
using harness::sim::Setting;
using harness::sim::Uneventful;
using harness::sim::World;

/// One process on one host, outside of any schedule.
template <bool kVersion3, bool kRemembers>
class SimWorld {
 public:
  SimWorld() {
    setting_.mount.version_3 = kVersion3;
    setting_.mount.remembers = kRemembers;
    setting_.server.tick = std::chrono::milliseconds(10);
    world_.reset(setting_, nothing_, nobody_);
    process_ = &world_.add(alone_, [](Process&) {});
    pass(std::chrono::milliseconds(15));
    static_cast<void>(files().make_directory(directory(), 0755));
  }
  Files& files() { return process_->files; }
  Clock& clock() { return process_->clock; }
  Host& host() { return process_->door; }
  std::string directory() const { return "/share"; }
  bool plant(const std::string& path, FileType type, const std::string&) {
    const std::size_t slash = path.rfind('/');
    auto& server = world_.server();
    const auto parent = server.look_up(Server::kRoot, path.substr(1, slash - 1));
    server.plant({parent, std::string_view(path).substr(slash + 1)}, type);
    // As by another client; what this one remembers is not the suite's business.
    process_->host->client.reset(setting_.mount);
    return true;
  }
  void pass(Duration duration) { process_->door.sleep(duration, {}); }

 private:
  Setting setting_;
  ProcessSetting alone_;
  Uneventful nothing_;
  Observer nobody_;
  World world_;
  Process* process_ = nullptr;
};

using Version4 = SimWorld<false, false>;
using Version3 = SimWorld<true, false>;
using Remembering = SimWorld<true, true>;

INSTANTIATE_TYPED_TEST_SUITE_P(SimVersion4, FilesConformance, Version4);
INSTANTIATE_TYPED_TEST_SUITE_P(SimVersion3, FilesConformance, Version3);
INSTANTIATE_TYPED_TEST_SUITE_P(SimRemembering, FilesConformance, Remembering);
INSTANTIATE_TYPED_TEST_SUITE_P(SimVersion4, HostConformance, Version4);
INSTANTIATE_TYPED_TEST_SUITE_P(SimVersion4, WatchConformance, Version4);
INSTANTIATE_TYPED_TEST_SUITE_P(SimRemembering, WatchConformance, Remembering);

}  // namespace
}  // namespace holdfast::os::testing
