// One thing that happened, as a worker saw it.
//
// An operation is invoked and comes back as ok, fail, or info (nobody knows whether it took
// effect); one that never comes back was cut off by the end of its process. Instants are
// nanoseconds on the recorder's clock: CLOCK_MONOTONIC_RAW, read by raw system call, out of reach
// of injected skew.
#pragma once

#include <cstdint>

namespace holdfast::harness {

enum class Op : std::uint8_t {
  worker = 1,  ///< invoke: the worker is ready; ok: it ended in order
  acquire,     ///< invoke: until = when its patience ends, 0: never; ok: token, until
  refresh,     ///< ok: until; fail with Why::lost: it was lost
  release,     ///< fail with Why::lost: another has or had it
  told,  ///< ok: the holder learnt that its lease was lost or is over (refresh, release, callback)
  update,   ///< the unfenced counter; ok: value = the number written
  raise,    ///< the fence, to `token`; fail: refused as stale
  publish,  ///< through the fence under `token`; ok: value = its version; fail: refused as stale
  probe,    ///< the lock's own statement of its state; ok: value = ProbedState
  file,     ///< one file operation of the lock; ok or fail (code = errno)
  // Ordered mode: a holder tells the controller that it is inside, or is about to leave, and waits.
  enter,  ///< after the grant; ok: until = when the controller heard of it, info: nobody answered
  leave,  ///< the same before the release
};

enum class Phase : std::uint8_t { invoke = 1, ok, fail, info };

/// Why an operation failed: Event::code of a fail that is not a file operation.
enum class Why : std::int32_t {
  none = 0,
  timeout,
  lost,
  error,
  cancelled,
  stale_token,
  not_held,
  contender
};

enum class ProbedState : std::uint64_t { unknown = 0, mine, other, free };

enum class FileOp : std::uint8_t {
  none = 0,
  rename,
  link,
  unlink,
  open_create,  ///< with O_CREAT
  open_read,    ///< without; readlink too
  mkdir,
  rmdir,
  symlink,
  utime,
  stat,
  list,
  sync,
};

/// "rename", as reports and scenarios write it.
const char* name(FileOp op);

struct Event {
  std::int64_t at_ns = 0;  ///< when it was recorded; for ok/fail/info: after the call returned
  /// File operations: when the call was entered. Invoke of acquire, open arrivals: when it was
  /// meant to be made. Else equal to at_ns.
  std::int64_t began_ns = 0;
  std::int64_t until_ns = 0;  ///< ok of acquire, refresh: the lease's end by the lock's own word,
                              ///< 0: none given; invoke of acquire, ok of enter, leave: see Op.
                              ///< Of the last two by the controller's clock in the file, too
  std::uint64_t token = 0;    ///< fencing token; 0: none
  std::uint64_t value =
      0;  ///< see Op; file operations: the inode that the call was about (as it
          ///< was seen just before a removal, just after a creation), 0: not known
  std::uint32_t worker = 0;  ///< index into History::workers
  std::uint32_t name = 0;    ///< file operations: index into History::names of the (first) name, of
                             ///< symlink the one that is made; 0: none
  std::uint32_t other = 0;   ///< the second name of link, rename
  std::int32_t code = 0;     ///< Why, or errno for file operations
  std::uint16_t lock = 0;    ///< which of the run's locks
  Op op = Op::worker;
  Phase phase = Phase::invoke;
  FileOp file = FileOp::none;

  bool operator==(const Event&) const = default;
};

}  // namespace holdfast::harness
