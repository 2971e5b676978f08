// With faults and caches off the emulated mount is a file system like any other; with them on it is
// still one for a host that is alone.
#include <fcntl.h>
#include <holdfast/os/testing/files_conformance.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/sharedmount/testing.h"

namespace holdfast::os::testing {
namespace {

using harness::mount::profile;
using harness::mount::testing::SharedMount;

template <const char* kProfile>
class MountedWorld {
 public:
  Files& files() { return *system_.files; }
  std::string directory() const { return mount_.at(0); }
  bool plant(const std::string& path, FileType type, const std::string& target) {
    if (type == FileType::symlink) return ::symlink(target.c_str(), path.c_str()) == 0;
    return ::mkfifo(path.c_str(), 0644) == 0;
  }
  void pass(Duration duration) { system_.host->sleep(duration, {}); }

 private:
  System system_ = native();
  SharedMount mount_{*profile(kProfile)};
};

constexpr char kLocal[] = "local";
constexpr char kNfs3[] = "nfs3-default";
constexpr char kNfs4[] = "nfs4.2-default";
constexpr char kNoac[] = "nfs-noac";

INSTANTIATE_TYPED_TEST_SUITE_P(Local, FilesConformance, MountedWorld<kLocal>);
INSTANTIATE_TYPED_TEST_SUITE_P(Nfs3, FilesConformance, MountedWorld<kNfs3>);
INSTANTIATE_TYPED_TEST_SUITE_P(Nfs4, FilesConformance, MountedWorld<kNfs4>);
INSTANTIATE_TYPED_TEST_SUITE_P(Noac, FilesConformance, MountedWorld<kNoac>);

}  // namespace
}  // namespace holdfast::os::testing
