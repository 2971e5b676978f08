// Records one worker's events so that SIGKILL at any instant loses none and tears none.
//
// Fault model: the process can end between any two instructions, and the disk can fill up. Records
// go into a mapped file; a record counts once the file's committed length covers it, and that one
// word is stored last. Space is allocated before it is mapped, so that a full disk is an error here
// and never a SIGBUS. Cost: at most 1 us an event.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/history/event.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// CLOCK_MONOTONIC_RAW by raw system call: no preloaded library and no skew can bend it.
std::int64_t recorder_now_ns();

struct RecorderIdentity {
  std::string worker;  ///< "h1.w3'2"
  std::string host;
  std::uint32_t slot = 0;
  std::int64_t pid = 0;
  /// The lock runs in this process and every file operation of it is recorded. (Of a contender
  /// program the existence of its own file says so.) Without that no cause is ever concluded.
  bool records_files = false;
  /// Each event is written with write(2) before record() returns: it outlives the host's kernel,
  /// where the file lies on another machine.
  bool survives_power_cut = false;
};

/// What the nemesis wants to know of a worker while it runs; stands in the file's header.
///
/// `inside` never says too much: read after the worker's end, it is true only if the history, too,
/// has the grant and no end of that hold.
struct Live {
  bool inside =
      false;  ///< between a grant and the invocation of its release (or of a next acquire)
  std::uint32_t lock = 0;
  std::int64_t since_ns = 0;
  std::uint64_t grants = 0;
  std::uint64_t events = 0;
  std::uint64_t sequence =
      0;  ///< changes with every hold: equal before and after means the same hold
};

class Recorder {
 public:
  /// Makes the file `path`, which must not exist; PATH.new must not either. `now_ns`: what tells
  /// the time; it must never go back.
  static Result<std::unique_ptr<Recorder>> create(
      const std::string& path, const RecorderIdentity& identity,
      std::function<std::int64_t()> now_ns = recorder_now_ns);
  virtual ~Recorder() = default;
  /// Appends `event` with at_ns = now (began_ns as given, or now if it is 0). The names of file
  /// operations are given as text; `worker`, `name`, `other` of the event are ignored.
  ///
  /// Errors:  a full disk makes failed() true, for good; that event and all later ones are dropped
  ///          and counted, so what is on disk has no gaps.
  /// Threads: any number.
  virtual void record(Event event, const std::string& name = {}, const std::string& other = {}) = 0;
  virtual bool failed() const = 0;
};

/// Reads the live words of a history file that another process is writing.
class LiveView {
 public:
  static Result<std::unique_ptr<LiveView>> open(const std::string& path);
  virtual ~LiveView() = default;
  virtual Live read() const = 0;
};

}  // namespace holdfast::harness
