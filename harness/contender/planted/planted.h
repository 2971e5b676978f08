// Locks with a known mistake each. A harness that does not find them finds nothing.
//
// Each is a lock file in the manner of `excl`, does its work through os::Files, so that the cause
// can be told from the record, and widens its window by a sleep of a few milliseconds, so that it
// is hit within seconds and not within days. Only one has leases. The others of the catalogue,
// which need more than a lock file, are programs: scenarios/negative/README.md lists them all.
#pragma once

#include <memory>

#include "harness/contender/factory.h"
#include "harness/contender/polling.h"
#include "harness/contender/recording_files.h"

namespace holdfast::harness {

std::unique_ptr<Contender> make_nothing(const Station& station);
std::unique_ptr<Contender> make_two_breakers(const Station& station);
std::unique_ptr<Contender> make_stolen_release(const Station& station);
std::unique_ptr<Contender> make_never_released(const Station& station);
std::unique_ptr<Contender> make_late_lease(const ContenderSpec& spec, const Station& station);

/// What the planted ones have in common.
class PlantedLock : public Contender {
 public:
  PlantedLock(std::string name, const Station& station)
      : system_(station.system),
        path_(station.path()),
        files_(*station.system.files,
               FileEvents(station.recorder, station.directory, station.index),
               RecordingFiles::Inodes::looked_up) {
    traits_.name = std::move(name);
    traits_.cancel = true;
  }

  const Traits& traits() const override { return traits_; }
  Answer refresh() override { return failed(Why::error, traits_.name + " has no lease"); }
  ProbedState probe() override { return ProbedState::unknown; }

 protected:
  os::Files& files() { return files_; }
  const std::string& path() const { return path_; }
  os::System& system() { return system_; }
  /// Makes the lock file; Why::timeout: it is there already.
  Answer make(const std::string& contents) {
    const std::error_code error = files_.create(path_, contents, 0666);
    if (!error) return succeeded();
    if (error == std::errc::file_exists) return failed(Why::timeout);
    return failed(Why::error, error.message());
  }
  /// Removes it, whoever made it.
  Answer remove() {
    const std::error_code error = files_.unlink(path_);
    if (!error) return succeeded();
    if (error == std::errc::no_such_file_or_directory) return failed(Why::lost);
    return failed(Why::error, error.message());
  }
  /// Keeps the mistake's window open.
  void dawdle(Duration time) { system_.host->sleep(time, {}); }

  Traits traits_;

 private:
  os::System system_;
  std::string path_;
  RecordingFiles files_;
};

}  // namespace holdfast::harness
