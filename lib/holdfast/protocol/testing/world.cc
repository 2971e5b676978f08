#include <holdfast/protocol/testing/world.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::testing {
namespace fs = std::filesystem;

Party::Party(ManualClock& clock, os::Process self)
    : files(*os::native().files), host(clock, std::move(self)), clock_(&clock) {}

Party& World::party(const std::string& host, std::int64_t pid, std::uint64_t machine) {
  parties_.push_back(std::make_unique<Party>(clock, os::Process{host, pid, 7, machine}));
  return *parties_.back();
}

std::unique_ptr<Baton> World::baton(Party& party, Options options) {
  return std::make_unique<Baton>(lock_path(), options, party.system());
}

std::unique_ptr<Link> World::link(Party& party, Options options) {
  options.protocol = ProtocolKind::link;
  return std::make_unique<Link>(lock_path(), options, party.system());
}

void World::write(const std::string& name, const std::string& contents) const {
  std::ofstream file(scratch.path() + '/' + name, std::ios::trunc | std::ios::binary);
  if (!(file << contents << std::flush)) throw std::runtime_error("cannot write " + name);
}

std::string World::contents(const std::string& name) const {
  const std::ifstream file(scratch.path() + '/' + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void World::set_modified(const std::string& name, Duration from_now) {
  const std::string path = scratch.path() + '/' + name;
  if (os::native().files->set_modified(path, clock.wall() + from_now)) {
    throw std::runtime_error("cannot set the times of " + name);
  }
}

os::FileStatus World::status(const std::string& name) const {
  os::FileStatus status;
  const std::string path = scratch.path() + '/' + name;
  if (os::native().files->status(path, os::Revalidate::forced, status)) {
    throw std::runtime_error("there is no " + name);
  }
  return status;
}

bool World::exists(const std::string& name) const {
  return fs::symlink_status(scratch.path() + '/' + name).type() != fs::file_type::not_found;
}

std::vector<std::string> World::entries_of(const std::string& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string World::value() const {
  std::error_code missing;
  if (!fs::is_directory(lock_path(), missing)) return "?";
  const std::vector<std::string> names = entries();
  return names.size() == 1 ? names.front() : "?";
}

void World::put(const std::vector<std::string>& names) const {
  fs::remove_all(lock_path());
  fs::create_directory(lock_path());
  for (const std::string& name : names) add(name);
}

void World::add(const std::string& name) const {
  if (!std::ofstream(lock_path() + '/' + name)) throw std::runtime_error("cannot make " + name);
}

void World::remove(const std::string& name) const { fs::remove(lock_path() + '/' + name); }

std::string held_name(std::uint64_t generation, std::uint64_t renewal,
                      std::chrono::milliseconds lifetime, std::uint64_t taken, bool news) {
  BatonState state;
  state.held = true;
  state.generation = generation;
  state.renewal = renewal;
  state.lifetime = lifetime;
  state.taken = taken;
  state.news = news;
  state.host = "elsewhere";
  state.pid = 99;
  state.start = 1;
  state.machine = 0;
  state.nonce = 12345 + generation + renewal;
  return state_name(state);
}

}  // namespace holdfast::testing
