#include "harness/sharedmount/host_mount.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "harness/sharedmount/calls.h"

namespace holdfast::harness::mount {

struct HostMount::Buffer {
  fuse_buf buffer{};
  ~Buffer() { std::free(buffer.mem); }  // libfuse allocates it at the first read
};

HostMount::HostMount(HostMountOptions options, Store& store, Courier& courier)
    : options_(std::move(options)),
      store_(store),
      courier_(courier),
      beliefs_(store.manners()),
      buffer_(std::make_unique<Buffer>()) {}

Result<std::unique_ptr<HostMount>> HostMount::mount(const HostMountOptions& options, Store& store,
                                                    Courier& courier) {
  std::unique_ptr<HostMount> made(new HostMount(options, store, courier));
  if (const auto started = made->start(); !started) return tl::unexpected(started.error());
  return made;
}

Result<void> HostMount::start() {
  std::string options = "subtype=holdfast,fsname=" + store_.manners().profile;
  if (::geteuid() == 0) options += ",allow_other";
  fuse_args arguments = FUSE_ARGS_INIT(0, nullptr);
  for (const std::string& word : {std::string("holdfast"), std::string("-o"), options}) {
    if (::fuse_opt_add_arg(&arguments, word.c_str()) != 0) std::abort();  // out of memory
  }
  const fuse_lowlevel_ops calls = mount_calls();
  session_ = ::fuse_session_new(&arguments, &calls, sizeof calls, this);
  ::fuse_opt_free_args(&arguments);
  if (session_ == nullptr) return problem(options_.place, "libfuse refuses the mount's options");
  if (::fuse_session_mount(session_, options_.place.c_str()) != 0) {
    return problem(options_.place,
                   "cannot be mounted upon: is it a directory of yours, is there a /dev/fuse, is "
                   "fusermount3 installed (Debian: fuse3)?");
  }
  mounted_ = true;
  beliefs_.introduce(store_.root());
  const int descriptor = ::fuse_session_fd(session_);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  notifier_ = std::make_unique<Notifier>(telling(session_));
  return {};
}

HostMount::~HostMount() {
  unmount();
  if (session_ != nullptr) ::fuse_session_destroy(session_);
}

int HostMount::descriptor() const { return ::fuse_session_fd(session_); }

bool HostMount::serve() {
  // Bounded, so that one busy host does not keep the others waiting.
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce && ::fuse_session_exited(session_) == 0; ++i) {
    const int size = ::fuse_session_receive_buf(session_, &buffer_->buffer);
    if (size == -EINTR) continue;
    if (size == -EAGAIN) return true;
    if (size <= 0) return false;
    ::fuse_session_process_buf(session_, &buffer_->buffer);
  }
  return ::fuse_session_exited(session_) == 0;
}

void HostMount::unmount() {
  if (!mounted_) return;
  mounted_ = false;
  // While the notifier may wait for a program that waits for us, we answer; and only then may the
  // descriptor, which it writes to, be closed.
  notifier_->stop();
  while (!notifier_->ended()) {
    pollfd input{descriptor(), POLLIN, 0};
    constexpr int kMilliseconds = 5;
    if (::poll(&input, 1, kMilliseconds) > 0 && !serve()) break;
  }
  notifier_.reset();
  ::fuse_session_unmount(session_);
}

}  // namespace holdfast::harness::mount
