// A small world for tests of the lock protocols: one directory on the real file system, one clock
// that stands still, and processes on hosts of their own, each with its own faults.
//
// How it differs from the real thing: time passes only in waits and where a test says so, all hosts
// share one elapsed time, and a file operation never takes any.
#pragma once

#include <holdfast/os/testing/faulty_files.h>
#include <holdfast/os/testing/scratch.h>
#include <holdfast/os/testing/scripted_host.h>
#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/link.h>

#include <memory>
#include <string>
#include <vector>

namespace holdfast::testing {

using os::testing::Effect;
using os::testing::Fault;
using os::testing::FaultyFiles;
using os::testing::ManualClock;
using os::testing::Operation;
using os::testing::Scratch;
using os::testing::ScriptedHost;

/// One process: what it sees of the world, and the faults that it meets.
class Party {
 public:
  Party(ManualClock& clock, os::Process self);
  os::System system() { return {&files, clock_, &host}; }

  FaultyFiles files;
  ScriptedHost host;

 private:
  ManualClock* clock_;
};

class World {
 public:
  /// In a fresh directory below `place`.
  explicit World(const std::string& place = "/dev/shm") : scratch(place) {}

  /// A new process; machine 0: nothing can be proved of it.
  Party& party(const std::string& host, std::int64_t pid, std::uint64_t machine = 0);

  std::unique_ptr<Baton> baton(Party& party, Options options = {});
  /// The protocol need not be set in `options`.
  std::unique_ptr<Link> link(Party& party, Options options = {});
  std::string lock_path() const { return scratch.path() + "/LOCK"; }

  /// Writes a file beside the lock, in place if it is there.
  void write(const std::string& name, const std::string& contents) const;
  std::string contents(const std::string& name) const;
  /// Sets a file's times, by the world's clock: `from_now` may be negative.
  void set_modified(const std::string& name, Duration from_now);
  os::FileStatus status(const std::string& name) const;
  bool exists(const std::string& name) const;

  /// What is in the lock's directory; sorted.
  std::vector<std::string> entries() const { return entries_of(lock_path()); }
  /// What is beside it.
  std::vector<std::string> siblings() const { return entries_of(scratch.path()); }
  /// The only entry; "?" if there is none, or more.
  std::string value() const;
  /// Makes the lock with these entries, by hand.
  void put(const std::vector<std::string>& names) const;
  void add(const std::string& name) const;
  void remove(const std::string& name) const;

  Scratch scratch;
  ManualClock clock;

 private:
  static std::vector<std::string> entries_of(const std::string& directory);
  std::vector<std::unique_ptr<Party>> parties_;
};

/// The name of a state that is held by a process of another host.
std::string held_name(std::uint64_t generation, std::uint64_t renewal = 0,
                      std::chrono::milliseconds lifetime = std::chrono::seconds(15),
                      std::uint64_t taken = 0, bool news = false);

}  // namespace holdfast::testing
