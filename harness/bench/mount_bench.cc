// What the emulated mount costs beside libfuse's own pass-through, which does the least that a file
// system of FUSE can do: both without caches, over the same kind of directory, in the same run.
//
// Measured is what a lock does: names are made, linked, looked at, moved and removed. The time is
// that of the clients by the clock, since the work is done by another process.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/sharedmount/guardian.h"
#include "harness/sharedmount/server.h"
#include "lib/bench/place.h"

namespace {

namespace fs = std::filesystem;
using holdfast::bench::Place;
namespace mount = holdfast::harness::mount;

/// A file system that a process of its own serves, as long as this lives.
class Served {
 public:
  /// nullopt: it did not get mounted within some seconds. `serve` is the process.
  static std::optional<Served> start(const std::string& at, const std::function<int()>& serve) {
    const pid_t server = ::fork();
    if (server == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::_exit(serve());
    }
    Served made(server, at);
    for (int looks = 0; server > 0 && looks < 5000; ++looks) {
      if (!mount::mounted_device(at).empty()) return made;
      if (::waitpid(server, nullptr, WNOHANG) == server) {
        made.server_ = 0;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::nullopt;
  }
  Served(Served&& other) noexcept
      : server_(std::exchange(other.server_, 0)), at_(std::move(other.at_)) {}
  Served& operator=(Served&&) = delete;
  ~Served() {
    if (server_ <= 0) return;
    ::kill(server_, SIGTERM);
    ::waitpid(server_, nullptr, 0);
    if (!mount::mounted_device(at_).empty()) mount::unmount(at_);
  }

 private:
  Served(pid_t server, std::string at) : server_(server), at_(std::move(at)) {}
  pid_t server_;
  std::string at_;
};

int serve_ours(const std::string& directory, const std::string& at) {
  mount::ServerOptions options;
  options.directory = directory;
  options.hosts = {{"h1", at}};
  options.manners = *mount::profile("local");
  const auto server = mount::Server::start(options);
  if (!server) return 1;
  (*server)->serve();
  return 0;
}

int serve_passthrough(const std::string& directory, const std::string& at) {
  const std::string options = "cache=never,source=" + directory;
  ::execl(HOLDFAST_PASSTHROUGH, HOLDFAST_PASSTHROUGH, "-f", "-o", options.c_str(), at.c_str(),
          nullptr);
  return 1;
}

/// What a lock does with its names; false: some call failed.
bool work(const std::string& in) {
  const std::string claim = in + "/claim", lock = in + "/lock", moved = in + "/moved";
  const int file = ::open(claim.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return false;
  bool good = ::write(file, "who holds it", 12) == 12;
  good = ::close(file) == 0 && good;
  struct stat status {};
  return good && ::link(claim.c_str(), lock.c_str()) == 0 && ::stat(lock.c_str(), &status) == 0 &&
         status.st_nlink == 2 && ::utimensat(AT_FDCWD, lock.c_str(), nullptr, 0) == 0 &&
         ::rename(lock.c_str(), moved.c_str()) == 0 && ::unlink(moved.c_str()) == 0 &&
         ::unlink(claim.c_str()) == 0;
}

void clients_of(benchmark::State& state, int (*serve)(const std::string&, const std::string&)) {
  constexpr int kRounds = 50;
  const auto clients = static_cast<int>(state.range(0));
  const auto place = Place::make("/dev/shm");
  if (!place) return state.SkipWithError("no directory can be made in /dev/shm");
  const std::string directory = place->file("served"), at = place->file("mount");
  fs::create_directory(directory);
  fs::create_directory(at);
  const auto served = Served::start(at, [&] { return serve(directory, at); });
  if (!served) return state.SkipWithError("it was not mounted");
  for (int client = 0; client < clients; ++client) {
    fs::create_directory(at + "/" + std::to_string(client));
  }
  for (auto _ : state) {
    std::vector<char> good(static_cast<std::size_t>(clients), 1);
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (std::size_t client = 0; client < good.size(); ++client) {
      threads.emplace_back([&, client] {
        const std::string in = at + "/" + std::to_string(client);
        for (int round = 0; round < kRounds && good[client]; ++round) good[client] = work(in);
      });
    }
    threads.clear();
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    for (const char one : good) {
      if (!one) return state.SkipWithError("a call failed");
    }
  }
}

void mount_emulated(benchmark::State& state) { clients_of(state, serve_ours); }
void mount_passthrough(benchmark::State& state) { clients_of(state, serve_passthrough); }
BENCHMARK(mount_emulated)->Arg(1)->Arg(8)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(mount_passthrough)->Arg(1)->Arg(8)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
