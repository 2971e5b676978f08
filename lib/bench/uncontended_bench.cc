// What a lone user pays: one acquire and one release, beside the bare system calls that any lock of
// the kind must make. Compare rows of one run only: absolute times mean nothing on a shared
// machine.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <holdfast/lock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "lib/bench/place.h"
#include "lib/bench/system_calls.h"

namespace holdfast::bench {
namespace {

constexpr const char* kMemory = "/dev/shm";
constexpr const char* kDisk = "/var/tmp";

/// The lock's own system calls, and nothing else: rename there, rename back.
void bare_two_renames(benchmark::State& state, const char* parent) {
  const auto place = Place::make(parent);
  if (!place) return state.SkipWithError("no directory can be made here");
  // Names as long as the lock's own, since the kernel's work grows with them.
  const std::string free = place->file("free,1700000000000000,0,0");
  const std::string held = place->file(
      "held,1700000000000001,0,15000,0,0,host-name,12345,123456789,0123456789abcdef,"
      "0123456789abcdef");
  const int made = ::open(free.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (made < 0) return state.SkipWithError("cannot make a file");
  ::close(made);
  for (auto _ : state) {
    if (::rename(free.c_str(), held.c_str()) != 0 || ::rename(held.c_str(), free.c_str()) != 0) {
      return state.SkipWithError("rename failed");
    }
  }
}

bool make_file(const std::string& path, const std::string& contents) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file < 0) return false;
  const bool written = ::write(file, contents.data(), contents.size()) > 0;
  return ::close(file) == 0 && written;
}

bool look(const std::string& path) {
  struct statx status {};
  const int how = AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC;
  return ::statx(AT_FDCWD, path.c_str(), how, STATX_BASIC_STATS, &status) == 0;
}

/// The file, and that it ends there.
bool read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  char contents[4096];
  const bool read = file >= 0 && ::fstat(file, &status) == 0 &&
                    ::read(file, contents, sizeof contents) > 0 &&
                    ::read(file, contents, sizeof contents) == 0;
  if (file >= 0) ::close(file);
  return read;
}

/// The calls that `link` makes, and nothing else: a claim that is made, timed, linked and seen to
/// be the lock; the lock looked at, moved aside, looked at again, and both names removed. The
/// claim's name is a new one every time, as it has to be.
void bare_link_calls(benchmark::State& state, const char* parent) {
  const auto place = Place::make(parent);
  if (!place) return state.SkipWithError("no directory can be made here");
  const std::string lock = place->file("lock");
  std::uint64_t nonce = 1'234'567'890'123'456'789;
  const timespec time{1'700'000'000, 0};
  const timespec times[2] = {time, time};
  for (auto _ : state) {
    const std::string number = std::to_string(++nonce);
    const std::string claim = lock + "|host.example|12345|" + number;
    const std::string aside = lock + ".aside." + number.substr(0, 16);
    const bool taken = make_file(claim, claim) &&
                       ::utimensat(AT_FDCWD, claim.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0 &&
                       ::link(claim.c_str(), lock.c_str()) == 0 && look(claim) && look(lock);
    const bool given = taken && look(lock) && read_file(lock) &&
                       ::rename(lock.c_str(), aside.c_str()) == 0 && look(aside) &&
                       read_file(aside) && ::unlink(aside.c_str()) == 0 &&
                       ::unlink(claim.c_str()) == 0;
    if (!given) return state.SkipWithError("a file operation failed");
  }
}

void bare_flock(benchmark::State& state, const char* parent) {
  const auto place = Place::make(parent);
  if (!place) return state.SkipWithError("no directory can be made here");
  const int file = ::open(place->file("lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (file < 0) return state.SkipWithError("cannot make a file");
  for (auto _ : state) {
    if (::flock(file, LOCK_EX) != 0 || ::flock(file, LOCK_UN) != 0) {
      state.SkipWithError("flock failed");
      break;
    }
  }
  ::close(file);
}

void lock_and_unlock(benchmark::State& state, const char* parent, ProtocolKind protocol) {
  const auto place = Place::make(parent);
  if (!place) return state.SkipWithError("no directory can be made here");
  Options options;
  options.protocol = protocol;
  Lock lock(place->file("lock"), options);
  std::error_code error;
  lock.acquire(Patience::none(), {}, error);  // makes the lock, and lets it be known
  if (!error) lock.release(error);
  const auto cycle = [&] {
    if (!error) lock.acquire(Patience::none(), {}, error);
    if (!error) lock.release(error);
    return !error;
  };
  const auto calls = system_calls_of(cycle);
  if (calls) state.counters["system_calls"] = *calls;
  for (auto _ : state) {
    if (!cycle()) return state.SkipWithError(lock.last_failure().text().c_str());
  }
}

BENCHMARK_CAPTURE(bare_two_renames, memory, kMemory);
BENCHMARK_CAPTURE(lock_and_unlock, baton_memory, kMemory, ProtocolKind::baton);
BENCHMARK_CAPTURE(bare_two_renames, disk, kDisk);
BENCHMARK_CAPTURE(lock_and_unlock, baton_disk, kDisk, ProtocolKind::baton);
BENCHMARK_CAPTURE(bare_link_calls, memory, kMemory);
BENCHMARK_CAPTURE(lock_and_unlock, link_memory, kMemory, ProtocolKind::link);
BENCHMARK_CAPTURE(bare_link_calls, disk, kDisk);
BENCHMARK_CAPTURE(lock_and_unlock, link_disk, kDisk, ProtocolKind::link);
BENCHMARK_CAPTURE(bare_flock, memory, kMemory);
BENCHMARK_CAPTURE(bare_flock, disk, kDisk);

}  // namespace
}  // namespace holdfast::bench
