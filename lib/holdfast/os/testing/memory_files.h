// A directory tree in memory: what Files is on one machine, without the machine.
//
// For tests. One process's view of a local POSIX file system: every call is atomic, nothing is
// cached, replies are never lost; faults are the business of wrappers. What it leaves out: owners,
// permissions, the umask, links that lead in a circle, and "." and ".." in paths, which are
// compared as text.
#pragma once

#include <holdfast/os/os.h>

#include <map>
#include <memory>
#include <string>
#include <system_error>

namespace holdfast::os::testing {

class MemoryFiles final : public Files {
 public:
  /// Stamps are `clock`'s wall clock, as on a local disk.
  explicit MemoryFiles(Clock& clock);

  std::error_code rename(const std::string& from, const std::string& to) override;
  std::error_code link(const std::string& from, const std::string& to) override;
  std::error_code unlink(const std::string& path) override;
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override;
  std::error_code remove_directory(const std::string& path) override;
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override;
  std::error_code list(const std::string& directory, std::size_t most, Listing& found) override;
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override;
  std::error_code status(const std::string& path, Revalidate revalidate,
                         FileStatus& found) override;
  std::error_code touch(const std::string& path) override;
  std::error_code set_modified(const std::string& path, WallTime time) override;
  std::error_code sync(const std::string& path) override;
  std::error_code file_system(const std::string& path, FileSystem& found) override;

  /// Puts something there that Files cannot make: a symbolic link that leads nowhere, a FIFO.
  void plant(const std::string& path, FileType type);
  /// Puts a symbolic link there. It is followed in front of a path's last component, as the system
  /// does; `target` is absolute, and need not exist.
  void plant_link(const std::string& path, const std::string& target);
  /// Overwrites a file in place, as a program that opens with O_TRUNC does.
  void overwrite(const std::string& path, const std::string& contents);
  bool exists(const std::string& path) const { return nodes_.contains(path); }
  /// All paths, in order.
  std::vector<std::string> paths() const;

 private:
  struct Node {
    FileStatus status;
    std::string contents;
  };
  using NodePtr = std::shared_ptr<Node>;

  /// `path`, or what it leads to, in `room`.
  const std::string& follow(const std::string& path, std::string& room) const;
  std::error_code look_up(const std::string& path, Node*& found) const;
  Node* find(const std::string& path) const;
  std::error_code check_parent(const std::string& path) const;
  bool has_entries(const std::string& directory) const;
  NodePtr make_node(FileType type, std::uint32_t mode);
  void drop(const std::string& path);
  void stamp_parent(const std::string& path);
  ServerTime now() const;

  Clock& clock_;
  std::map<std::string, NodePtr> nodes_;
  std::uint64_t last_inode_ = 1;
  bool has_links_ = false;
};

}  // namespace holdfast::os::testing
