// The door to the operating system, as a process of the simulated world finds it.
#include <algorithm>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// The system takes "directory/" for the directory; a path of the door has no slash at its end.
std::string_view trimmed(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

}  // namespace

std::error_code SimFiles::rename(const std::string& from, const std::string& to) {
  return world_.perform(process_, {.call = Call::rename, .path = from, .to = to});
}

std::error_code SimFiles::link(const std::string& from, const std::string& to) {
  return world_.perform(process_, {.call = Call::link, .path = from, .to = to});
}

std::error_code SimFiles::unlink(const std::string& path) {
  return world_.perform(process_, {.call = Call::unlink, .path = path});
}

std::error_code SimFiles::make_directory(const std::string& path, std::uint32_t mode) {
  return world_.perform(process_, {.call = Call::make_directory, .path = path, .mode = mode});
}

std::error_code SimFiles::remove_directory(const std::string& path) {
  return world_.perform(process_, {.call = Call::remove_directory, .path = path});
}

std::error_code SimFiles::create(const std::string& path, const std::string& contents,
                                 std::uint32_t mode) {
  return world_.perform(process_,
                        {.call = Call::create, .path = path, .contents = contents, .mode = mode});
}

std::error_code SimFiles::list(const std::string& directory, std::size_t most, os::Listing& found) {
  const std::error_code error = world_.perform(
      process_, {.call = Call::list, .path = trimmed(directory), .most = most, .listing = &found});
  if (error) found = {};
  return error;
}

std::error_code SimFiles::read(const std::string& path, std::size_t most, std::string& contents) {
  contents.clear();
  return world_.perform(process_,
                        {.call = Call::read, .path = path, .most = most, .text = &contents});
}

std::error_code SimFiles::status(const std::string& path, os::Revalidate revalidate,
                                 os::FileStatus& found) {
  return world_.perform(
      process_, {.call = Call::status, .path = path, .revalidate = revalidate, .status = &found});
}

std::error_code SimFiles::touch(const std::string& path) {
  return world_.perform(process_, {.call = Call::touch, .path = trimmed(path)});
}

std::error_code SimFiles::set_modified(const std::string& path, os::WallTime time) {
  return world_.perform(
      process_,
      {.call = Call::set_modified, .path = path, .time = os::ServerTime(time.time_since_epoch())});
}

std::error_code SimFiles::sync(const std::string& path) {
  return world_.perform(process_, {.call = Call::sync, .path = trimmed(path)});
}

std::error_code SimFiles::file_system(const std::string& path, os::FileSystem& found) {
  found = {};
  return world_.perform(process_, {.call = Call::file_system, .path = trimmed(path)});
}

os::Stamp SimClock::now() {
  // The ledger asks a lock too, which is nothing that its process learns.
  if (world_.runs(process_)) {
    process_.told.look_at_clock(world_.now());
    ++process_.noticed;
  }
  return process_.host->stamp(world_.now());
}

os::WallTime SimClock::wall() {
  process_.told.add(world_.now());
  ++process_.noticed;
  return process_.host->wall(world_.now());
}

os::Process SimHost::self() { return process_.identity; }

os::Life SimHost::life(const os::Process& process) {
  const os::Process& self = process_.identity;
  if (process.machine == 0 || process.machine != self.machine || process.host != self.host) {
    return os::Life::not_proved_dead;
  }
  // A process that has come to that number later is another one, where that can be told.
  const auto meant = [&process](const os::Process& living) {
    return living.machine == process.machine && living.pid == process.pid &&
           (process.start == 0 || living.start == process.start);
  };
  for (const os::Process& parent : process_.host->parents) {
    if (meant(parent)) return os::Life::not_proved_dead;
  }
  for (std::size_t i = 0; i < world_.processes(); ++i) {
    const Process& other = world_.process(i);
    if (other.alive && meant(other.identity)) return os::Life::not_proved_dead;
  }
  return os::Life::proved_dead;
}

std::uint64_t SimHost::fork_count() { return process_.forks; }

std::uint64_t SimHost::random_bits() { return world_.chance(process_); }

std::unique_ptr<os::Watch> SimHost::watch(const std::string& directory) {
  return std::make_unique<SimWatch>(world_, process_, directory);
}

os::Wake SimHost::sleep(Duration at_most, const std::stop_token& stop) {
  if (!process_.alive) throw Crash{};
  if (stop.stop_requested()) return os::Wake::stopped;
  process_.told.add(kItWaits);
  return world_.wait(process_, process_.host->after(world_.now(), at_most), stop);
}

SimWatch::SimWatch(World& world, Process& process, std::string directory)
    : world_(world), process_(process), directory_(std::move(directory)) {
  process_.host->watches.push_back(this);
}

SimWatch::~SimWatch() { std::erase(process_.host->watches, this); }

/// Whether the directory is there, as this host's kernel knows without asking.
void SimWatch::look() {
  Inode found = 0;
  const bool there = process_.host->client.find(directory_, world_.now(), found) == 0;
  if (there == armed_) return;
  armed_ = there;
  pending_ = true;
}

os::Wake SimWatch::wait(Duration at_most, const std::stop_token& stop) {
  if (!process_.alive) throw Crash{};
  if (stop.stop_requested()) return os::Wake::stopped;
  look();
  os::Wake wake = os::Wake::elapsed;
  if (!pending_ && at_most > Duration::zero()) {
    waits_ = true;
    struct Done {
      bool& waits;
      ~Done() { waits = false; }
    } const done{waits_};
    process_.told.add(kItWaits);
    wake = world_.wait(process_, process_.host->after(world_.now(), at_most), stop);
  }
  if (pending_) wake = os::Wake::changed;
  pending_ = false;
  arrived_.clear();
  arrived_.swap(pending_name_);
  process_.told.add(static_cast<std::uint64_t>(wake) << 1 | std::uint64_t{armed_});
  process_.told.add_name(arrived_);
  return wake;
}

void SimWatch::note(std::string_view arrived) {
  pending_ = true;
  if (!arrived.empty()) pending_name_.assign(arrived);
  if (waits_) world_.wake(process_, os::Wake::changed);
}

void SimWatch::tell(const Operation& operation) {
  const auto is_inside = [this](std::string_view path) {
    const std::string_view own = directory_;
    return path.size() > own.size() && path.starts_with(own) && path.rfind('/') == own.size();
  };
  const bool moved = operation.call == Call::rename;
  const std::string_view made = moved ? operation.to : operation.path;
  if (made == directory_ || (moved && operation.path == directory_)) {
    const bool comes = made == directory_ && operation.call != Call::remove_directory;
    if (comes && operation.call != Call::rename && operation.call != Call::make_directory) return;
    armed_ = comes;
    pending_name_.clear();
    note({});
  } else if (armed_ && moved && is_inside(operation.to)) {
    note(operation.to.substr(directory_.size() + 1));
  } else if (armed_ && (moved || operation.call == Call::unlink) && is_inside(operation.path)) {
    note({});
  }
}

void SimWatch::tell_end(const os::Process& process) {
  if (waits_ && watched_ == process) world_.wake(process_, os::Wake::ended);
}

}  // namespace holdfast::harness::sim
