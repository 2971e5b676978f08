// One process of the simulated world, and its three doors.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "harness/sim/digest.h"
#include "harness/sim/world.h"

namespace holdfast::harness::sim {

class SimFiles final : public os::Files {
 public:
  SimFiles(World& world, Process& process) : world_(world), process_(process) {}

  std::error_code rename(const std::string& from, const std::string& to) override;
  std::error_code link(const std::string& from, const std::string& to) override;
  std::error_code unlink(const std::string& path) override;
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override;
  std::error_code remove_directory(const std::string& path) override;
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override;
  std::error_code list(const std::string& directory, std::size_t most, os::Listing& found) override;
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override;
  std::error_code status(const std::string& path, os::Revalidate revalidate,
                         os::FileStatus& found) override;
  std::error_code touch(const std::string& path) override;
  std::error_code set_modified(const std::string& path, os::WallTime time) override;
  std::error_code sync(const std::string& path) override;
  std::error_code file_system(const std::string& path, os::FileSystem& found) override;

 private:
  World& world_;
  Process& process_;
};

class SimClock final : public os::Clock {
 public:
  SimClock(World& world, Process& process) : world_(world), process_(process) {}
  os::Stamp now() override;
  os::WallTime wall() override;

 private:
  World& world_;
  Process& process_;
};

class SimHost final : public os::Host {
 public:
  SimHost(World& world, Process& process) : world_(world), process_(process) {}
  os::Process self() override;
  os::Life life(const os::Process& process) override;
  std::uint64_t random_bits() override;
  std::uint64_t fork_count() override;
  std::unique_ptr<os::Watch> watch(const std::string& directory) override;
  os::Wake sleep(Duration at_most, const std::stop_token& stop) override;

 private:
  World& world_;
  Process& process_;
};

class SimWatch final : public os::Watch {
 public:
  SimWatch(World& world, Process& process, std::string directory);
  ~SimWatch() override;
  void watch_process(const std::optional<os::Process>& process) override { watched_ = process; }
  void spin(Duration) override {}
  os::Wake wait(Duration at_most, const std::stop_token& stop) override;
  const std::string& arrived() const override { return arrived_; }
  bool notified() const override { return armed_; }

  /// A process of this host has done that, successfully.
  void tell(const Operation& operation);
  /// A process of this host has ended.
  void tell_end(const os::Process& process);

 private:
  void note(std::string_view arrived);
  void look();

  World& world_;
  Process& process_;
  std::string directory_;
  std::optional<os::Process> watched_;
  std::string arrived_;
  std::string pending_name_;
  bool armed_ = false;
  bool pending_ = false;
  bool waits_ = false;
};

struct Process {
  Process(World& world, std::size_t index_)
      : index(index_), files(world, *this), clock(world, *this), door(world, *this) {}

  os::System system() { return {&files, &clock, &door}; }

  std::size_t index;
  HostState* host = nullptr;
  const ProcessSetting* setting = nullptr;
  os::Process identity;
  std::function<void(Process&)> body;
  Fiber fiber;
  SimFiles files;
  SimClock clock;
  SimHost door;

  bool ended = false;   // for good
  bool alive = false;   // in this life
  bool killed = false;  // ends at its next step
  Duration ready_at{};
  os::Wake woken = os::Wake::elapsed;
  std::uint32_t operations = 0;
  std::array<std::uint32_t, kCalls> calls{};  // the same by kind
  Call last_call = Call::status;
  const Operation* about_to = nullptr;  // begun and not answered; null: it only waits
  bool befallen = false;                // by a fate, in the midst of this operation
  bool under_way = false;               // which has its handles, or is going to be sent again
  std::uint64_t sends_again = 0;        // Server::served() of the first time; 0: nothing
  Told told;
  Told unanswered;            // what it will be told of this operation, if befallen
  std::uint64_t noticed = 0;  // looks at clocks, and calls of the lock that returned
  std::uint64_t chances = 0;
  std::uint32_t lives = 0;
  std::uint64_t forks = 0;
  Process* thread_of = nullptr;  // null: it is no thread
  std::stop_source done{std::nostopstate};
};

}  // namespace holdfast::harness::sim
