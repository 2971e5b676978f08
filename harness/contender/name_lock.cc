#include "harness/contender/name_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "harness/contender/polling.h"
#include "harness/contender/recording_files.h"

namespace holdfast::harness {
namespace {

/// What making and removing the name is, for each kind.
class Name {
 public:
  virtual ~Name() = default;
  virtual std::error_code make() = 0;
  virtual std::error_code remove() = 0;
};

class FileName final : public Name {
 public:
  FileName(os::Files& files, std::string path, std::string who)
      : files_(files), path_(std::move(path)), who_(std::move(who)) {}
  std::error_code make() override { return files_.create(path_, who_, 0666); }
  std::error_code remove() override { return files_.unlink(path_); }

 private:
  os::Files& files_;
  std::string path_;
  std::string who_;
};

class DirectoryName final : public Name {
 public:
  DirectoryName(os::Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  std::error_code make() override { return files_.make_directory(path_, 0777); }
  std::error_code remove() override { return files_.remove_directory(path_); }

 private:
  os::Files& files_;
  std::string path_;
};

/// The door to the OS has no symlink: this is the one lock that is made of them.
class SymlinkName final : public Name {
 public:
  SymlinkName(os::Files& files, FileEvents events, std::string path, std::string who)
      : files_(files), events_(std::move(events)), path_(std::move(path)), who_(std::move(who)) {}

  std::error_code make() override {
    const std::int64_t began = recorder_now_ns();
    std::error_code error;
    if (::symlink(who_.c_str(), path_.c_str()) != 0) error = {errno, std::system_category()};
    struct stat status = {};
    const bool seen = !error && events_.on() && ::lstat(path_.c_str(), &status) == 0;
    events_({FileOp::symlink, began, error, seen ? status.st_ino : 0}, path_);
    return error;
  }
  std::error_code remove() override { return files_.unlink(path_); }

 private:
  os::Files& files_;
  FileEvents events_;
  std::string path_;
  std::string who_;
};

class NameLock final : public Contender {
 public:
  NameLock(const std::string& kind, const Station& station)
      : system_(station.system),
        events_(station.recorder, station.directory, station.index),
        files_(*station.system.files, events_, RecordingFiles::Inodes::looked_up) {
    traits_.name = kind;
    traits_.cancel = true;
    if (kind == "excl") {
      name_ = std::make_unique<FileName>(files_, station.path(), station.worker);
    } else if (kind == "mkdir") {
      name_ = std::make_unique<DirectoryName>(files_, station.path());
    } else {
      name_ = std::make_unique<SymlinkName>(files_, events_, station.path(), station.worker);
    }
  }

  const Traits& traits() const override { return traits_; }

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    return poll(system_, patience, stop, [this] {
      const std::error_code error = name_->make();
      if (!error) return succeeded();
      if (error == std::errc::file_exists) return failed(Why::timeout);
      return failed(Why::error, error.message());
    });
  }

  Answer refresh() override { return failed(Why::error, traits_.name + " has no lease"); }

  Answer release() override {
    const std::error_code error = name_->remove();
    if (!error) return succeeded();
    if (error == std::errc::no_such_file_or_directory) return failed(Why::lost);
    return failed(Why::error, error.message());
  }

  ProbedState probe() override { return ProbedState::unknown; }

 private:
  os::System system_;
  FileEvents events_;
  RecordingFiles files_;
  std::unique_ptr<Name> name_;
  Traits traits_;
};

}  // namespace

std::unique_ptr<Contender> make_name_lock(const std::string& kind, const Station& station) {
  return std::make_unique<NameLock>(kind, station);
}

}  // namespace holdfast::harness
