// Files that tell a Recorder what was done through them.
//
// It is how a verdict learns the cause of an overlap: which name and which inode each operation was
// about. The inode is looked up just before an operation that ends a name (unlink, rename) and just
// after one that makes it, so between the two somebody can swap the file: a window of one system
// call, and the price of watching from outside. Whoever never uses a name twice (baton) is told
// apart by names alone, and spared the extra calls.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <string>

#include "harness/history/recorder.h"

namespace holdfast::harness {

/// Writes file operations of one lock into the history. Names are relative to `directory`.
class FileEvents {
 public:
  /// `recorder` may be null: then nothing is recorded.
  FileEvents(Recorder* recorder, std::string directory, std::uint16_t lock);

  struct Seen {
    FileOp operation = FileOp::none;
    std::int64_t began_ns = 0;
    std::error_code error;
    std::uint64_t inode = 0;
  };
  void operator()(const Seen& seen, const std::string& path, const std::string& other = {}) const;
  /// An operation that the process will not survive: the mark of a crash point.
  void last(FileOp operation, const std::string& path) const;
  bool on() const { return recorder_ != nullptr; }

 private:
  std::string relative(const std::string& path) const;

  Recorder* recorder_;
  std::string directory_;
  std::uint16_t lock_;
};

class RecordingFiles final : public os::Files {
 public:
  enum class Inodes { looked_up, not_looked_up };

  RecordingFiles(os::Files& files, FileEvents events, Inodes inodes);

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
  std::uint64_t inode(const std::string& path);
  std::error_code ends(FileOp operation, const std::string& path,
                       const std::function<std::error_code()>& call, const std::string& other = {});
  std::error_code makes(FileOp operation, const std::string& path,
                        const std::function<std::error_code()>& call,
                        const std::string& other = {});
  std::error_code plain(FileOp operation, const std::string& path,
                        const std::function<std::error_code()>& call);

  os::Files& files_;
  FileEvents events_;
  Inodes inodes_;
};

}  // namespace holdfast::harness
