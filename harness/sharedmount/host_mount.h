// One logical host's mount: the client of the emulated protocol.
//
// The kernel asks what its caches do not answer; each such question becomes a request that travels
// to the server through a Courier, who may lose it, keep it, or bring it twice. When the reply is
// there, and not before, the kernel gets its answer: from this thread, whichever that is.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/sharedmount/beliefs.h"
#include "harness/sharedmount/notifier.h"
#include "harness/sharedmount/request.h"
#include "harness/sharedmount/store.h"

struct fuse_req;
struct fuse_session;

namespace holdfast::harness::mount {

/// Whether the program that asked has been killed, and needs no answer but the end of its wait.
using Abandoned = std::function<bool()>;
using Answer = std::function<void(const Reply&)>;

/// Brings requests to the server.
class Courier {
 public:
  virtual ~Courier() = default;
  /// `answer` is called once, at once or later, in the courier's thread. `abandoned` may be asked
  /// until then.
  virtual void send(Request request, Answer answer, Abandoned abandoned) = 0;
};

struct HostMountOptions {
  std::string name;        ///< of the host
  std::uint32_t host = 0;  ///< its number
  std::string place;       ///< a directory, to be mounted upon
};

class HostMount {
 public:
  /// Mounts. `store` and `courier` must outlive it. As root everybody may use the mount, else its
  /// owner.
  ///
  /// Errors: no /dev/fuse, no fusermount3, `place` is no directory.
  static Result<std::unique_ptr<HostMount>> mount(const HostMountOptions& options, Store& store,
                                                  Courier& courier);
  /// Unmounts. The courier must have answered everything.
  ~HostMount();
  HostMount(const HostMount&) = delete;
  HostMount& operator=(const HostMount&) = delete;

  /// To be watched for input; never blocks.
  int descriptor() const;
  /// Handles what there is. False: it is not mounted any more.
  bool serve();
  /// Lets go of the mount, so that no new requests come; those that wait fail.
  void unmount();

 private:
  friend class Question;
  HostMount(HostMountOptions options, Store& store, Courier& courier);
  Result<void> start();

  HostMountOptions options_;
  Store& store_;
  Courier& courier_;
  Beliefs beliefs_;
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
  std::unique_ptr<Notifier> notifier_;
  struct Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace holdfast::harness::mount
