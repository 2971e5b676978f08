// Planted mistakes: holdfast's own lock behind a door that is not what it should be.
//
// A mutant needs no second copy of the protocol. What a wrong protocol would do differently is done
// to its operations on their way to the system, or to what it is told of time, chance and others.
// Each mistake is one that a protocol of this kind can have; explorations must find all of them.
#pragma once

#include <holdfast/os/os.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "harness/sim/contender.h"

namespace holdfast::harness::sim {

/// Hands every operation on. Mutants change what they are about.
class PassingFiles : public os::Files {
 public:
  explicit PassingFiles(os::System real) : real_(real) {}

  std::error_code rename(const std::string& from, const std::string& to) override {
    return files().rename(from, to);
  }
  std::error_code link(const std::string& from, const std::string& to) override {
    return files().link(from, to);
  }
  std::error_code unlink(const std::string& path) override { return files().unlink(path); }
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override {
    return files().make_directory(path, mode);
  }
  std::error_code remove_directory(const std::string& path) override {
    return files().remove_directory(path);
  }
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override {
    return files().create(path, contents, mode);
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    return files().list(directory, most, found);
  }
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override {
    return files().read(path, most, contents);
  }
  std::error_code status(const std::string& path, os::Revalidate revalidate,
                         os::FileStatus& found) override {
    return files().status(path, revalidate, found);
  }
  std::error_code touch(const std::string& path) override { return files().touch(path); }
  std::error_code set_modified(const std::string& path, os::WallTime time) override {
    return files().set_modified(path, time);
  }
  std::error_code sync(const std::string& path) override { return files().sync(path); }
  std::error_code file_system(const std::string& path, os::FileSystem& found) override {
    return files().file_system(path, found);
  }

 protected:
  os::Files& files() { return *real_.files; }
  os::System real_;
};

class PassingClock : public os::Clock {
 public:
  explicit PassingClock(os::System real) : real_(real) {}
  os::Stamp now() override { return real_.clock->now(); }
  os::WallTime wall() override { return real_.clock->wall(); }

 protected:
  os::System real_;
};

class PassingHost : public os::Host {
 public:
  explicit PassingHost(os::System real) : real_(real) {}
  os::Process self() override { return real_.host->self(); }
  os::Life life(const os::Process& process) override { return real_.host->life(process); }
  std::uint64_t random_bits() override { return real_.host->random_bits(); }
  std::uint64_t fork_count() override { return real_.host->fork_count(); }
  std::unique_ptr<os::Watch> watch(const std::string& directory) override {
    return real_.host->watch(directory);
  }
  os::Wake sleep(Duration at_most, const std::stop_token& stop) override {
    return real_.host->sleep(at_most, stop);
  }

 protected:
  os::System real_;
};

/// All of them, for the table of contenders.
std::vector<Kind> mutants();

/// A lock on the given parts of a door; an empty part is the real one.
class Mutant final : public Contender {
 public:
  Mutant(const Options& options, os::System real, std::unique_ptr<os::Files> files,
         std::unique_ptr<os::Clock> clock, std::unique_ptr<os::Host> host);
  ~Mutant() override;

  Lock* own() override;
  Fence* fence() override;
  std::error_code acquire(Duration patience) override;
  std::error_code refresh() override;
  std::error_code release() override;
  Duration remaining() const override;
  Token token() const override;

 private:
  std::unique_ptr<os::Files> files_;
  std::unique_ptr<os::Clock> clock_;
  std::unique_ptr<os::Host> host_;
  std::unique_ptr<Contender> lock_;
};

Kind baton_mutant(const char* name, const char* about, Kind::Make make);

/// The parts of a mutant's door, each defined with its kind of mistake.
std::vector<Kind> mutants_of_time();
std::vector<Kind> mutants_of_names();
std::vector<Kind> mutants_of_making();
std::vector<Kind> mutants_of_fence();
std::vector<Kind> mutants_of_link();

}  // namespace holdfast::harness::sim
