#include <holdfast/os/testing/files_conformance.h>
#include <holdfast/os/testing/host_conformance.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scratch.h>
#include <holdfast/os/testing/scripted_host.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::os::testing {
namespace {

/// This machine, in a fresh directory below `kPlace`.
template <const char* kPlace>
class PosixWorld {
 public:
  Files& files() { return *system_.files; }
  Clock& clock() { return *system_.clock; }
  Host& host() { return *system_.host; }
  const std::string& directory() const { return scratch_.path(); }
  bool plant(const std::string& path, FileType type, const std::string& target) {
    if (type == FileType::symlink) return ::symlink(target.c_str(), path.c_str()) == 0;
    return ::mkfifo(path.c_str(), 0644) == 0;
  }
  void pass(Duration duration) { host().sleep(duration, {}); }

 private:
  System system_ = native();
  Scratch scratch_{kPlace};
};

constexpr char kMemory[] = "/dev/shm";
constexpr char kDisk[] = "/var/tmp";

INSTANTIATE_TYPED_TEST_SUITE_P(Tmpfs, FilesConformance, PosixWorld<kMemory>);
INSTANTIATE_TYPED_TEST_SUITE_P(LocalDisk, FilesConformance, PosixWorld<kDisk>);
INSTANTIATE_TYPED_TEST_SUITE_P(Tmpfs, HostConformance, PosixWorld<kMemory>);
INSTANTIATE_TYPED_TEST_SUITE_P(Tmpfs, WatchConformance, PosixWorld<kMemory>);
INSTANTIATE_TYPED_TEST_SUITE_P(LocalDisk, WatchConformance, PosixWorld<kDisk>);

/// The fakes of the tests of lock code.
class FakeWorld {
 public:
  Files& files() { return files_; }
  Clock& clock() { return clock_; }
  Host& host() { return host_; }
  std::string directory() const { return "/scratch"; }
  bool plant(const std::string& path, FileType type, const std::string&) {
    files_.plant(path, type);
    return true;
  }
  void pass(Duration duration) { clock_.advance(duration); }
  FakeWorld() { static_cast<void>(files_.make_directory(directory(), 0755)); }

 private:
  ManualClock clock_;
  MemoryFiles files_{clock_};
  ScriptedHost host_{clock_, {.host = "fake", .pid = 7, .start = 7, .machine = 7}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fakes, FilesConformance, FakeWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Fakes, HostConformance, FakeWorld);

}  // namespace
}  // namespace holdfast::os::testing
