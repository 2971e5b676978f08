// Files that kill their own process at a chosen operation.
//
// A process can end before an operation was sent, or after it was applied and before anybody
// learnt of it: the two instants at which a protocol's recovery differs. SIGKILL runs no destructor
// and no handler, as power does not. The mark in the history says where it was.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <string>

#include "harness/contender/recording_files.h"

namespace holdfast::harness {

class CrashingFiles final : public os::Files {
 public:
  /// `die` does not return, but in tests.
  CrashingFiles(os::Files& files, FileOp operation, std::uint64_t at, bool before,
                FileEvents events, std::function<void()> die);

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
  std::error_code at(FileOp operation, const std::string& path,
                     const std::function<std::error_code()>& call);

  os::Files& files_;
  FileOp operation_;  ///< none: any of them
  std::uint64_t left_;
  bool before_;
  FileEvents events_;
  std::function<void()> die_;
};

/// The operation that a name in a scenario means; FileOp::none for "any"; false: there is none
/// such.
bool crash_operation(const std::string& name, FileOp& operation);

/// SIGKILL to this process.
void kill_self();

}  // namespace holdfast::harness
