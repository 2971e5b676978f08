#include "harness/contender/kernel_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/contender/polling.h"

namespace holdfast::harness {
namespace {

std::error_code last_error() { return {errno, std::system_category()}; }

/// One fcntl request about the whole file.
int whole_file(int file, int request, short type) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return ::fcntl(file, request, &range);
}

struct Flock {
  static int take(int file) { return ::flock(file, LOCK_EX | LOCK_NB); }
  static int give(int file) { return ::flock(file, LOCK_UN); }
};
struct Fcntl {
  static int take(int file) { return whole_file(file, F_SETLK, F_WRLCK); }
  static int give(int file) { return whole_file(file, F_SETLK, F_UNLCK); }
};
struct OpenFileDescription {
  static int take(int file) { return whole_file(file, F_OFD_SETLK, F_WRLCK); }
  static int give(int file) { return whole_file(file, F_OFD_SETLK, F_UNLCK); }
};

template <class Kind>
class KernelLock final : public Contender {
 public:
  KernelLock(int file, std::string name, const os::System& system) : file_(file), system_(system) {
    traits_.name = std::move(name);
    traits_.cancel = true;
    traits_.keeps = {""};
  }
  ~KernelLock() override { ::close(file_); }
  KernelLock(const KernelLock&) = delete;
  KernelLock& operator=(const KernelLock&) = delete;

  const Traits& traits() const override { return traits_; }

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    return poll(system_, patience, stop, [this] {
      if (Kind::take(file_) == 0) return succeeded();
      const bool taken = errno == EWOULDBLOCK || errno == EAGAIN || errno == EACCES;
      if (taken) return failed(Why::timeout);
      return failed(Why::error, last_error().message());
    });
  }

  Answer refresh() override { return failed(Why::error, "a kernel lock has no lease"); }

  Answer release() override {
    if (Kind::give(file_) == 0) return succeeded();
    return failed(Why::error, last_error().message());
  }

  ProbedState probe() override { return ProbedState::unknown; }

 private:
  int file_;
  os::System system_;
  Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Contender>> make_kernel_lock(const std::string& kind,
                                                    const Station& station) {
  const std::string path = station.path();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) return problem(path, "open this file to lock it", last_error());
  if (kind == "flock") return std::make_unique<KernelLock<Flock>>(file, kind, station.system);
  if (kind == "fcntl") return std::make_unique<KernelLock<Fcntl>>(file, kind, station.system);
  return std::make_unique<KernelLock<OpenFileDescription>>(file, kind, station.system);
}

}  // namespace holdfast::harness
