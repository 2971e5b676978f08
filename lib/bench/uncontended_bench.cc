// What a lone user pays: one acquire and one release, beside the bare system calls that any lock of
// the kind must make. Compare rows of one run only: absolute times mean nothing on a shared
// machine.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <holdfast/lock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "lib/bench/place.h"

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

/// flufl.lock's minimum on a claim that is ready: link, stat, unlink.
void bare_link_stat_unlink(benchmark::State& state, const char* parent) {
  const auto place = Place::make(parent);
  if (!place) return state.SkipWithError("no directory can be made here");
  const std::string claim = place->file("lock|host.example|12345|1234567890123456789");
  const std::string lock = place->file("lock");
  for (auto _ : state) {
    const int made = ::open(claim.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    const bool written = made >= 0 && ::write(made, claim.data(), claim.size()) > 0;
    if (made >= 0) ::close(made);
    struct stat status {};
    if (!written || ::utimensat(AT_FDCWD, claim.c_str(), nullptr, 0) != 0 ||
        ::link(claim.c_str(), lock.c_str()) != 0 || ::stat(claim.c_str(), &status) != 0 ||
        ::unlink(lock.c_str()) != 0 || ::unlink(claim.c_str()) != 0) {
      return state.SkipWithError("a file operation failed");
    }
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
  for (auto _ : state) {
    if (!error) lock.acquire(Patience::none(), {}, error);
    if (!error) lock.release(error);
    if (error) return state.SkipWithError(lock.last_failure().text().c_str());
  }
}

BENCHMARK_CAPTURE(bare_two_renames, memory, kMemory);
BENCHMARK_CAPTURE(lock_and_unlock, baton_memory, kMemory, ProtocolKind::baton);
BENCHMARK_CAPTURE(bare_two_renames, disk, kDisk);
BENCHMARK_CAPTURE(lock_and_unlock, baton_disk, kDisk, ProtocolKind::baton);
BENCHMARK_CAPTURE(bare_link_stat_unlink, memory, kMemory);
BENCHMARK_CAPTURE(lock_and_unlock, link_memory, kMemory, ProtocolKind::link);
BENCHMARK_CAPTURE(bare_link_stat_unlink, disk, kDisk);
BENCHMARK_CAPTURE(lock_and_unlock, link_disk, kDisk, ProtocolKind::link);
BENCHMARK_CAPTURE(bare_flock, memory, kMemory);
BENCHMARK_CAPTURE(bare_flock, disk, kDisk);

}  // namespace
}  // namespace holdfast::bench
