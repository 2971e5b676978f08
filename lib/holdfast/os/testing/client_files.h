// Files as one client of a file server sees them, for tests: with the client's caches, which a test
// fills, and the kind of file system that a test says.
//
// What a real client has and this one shows: a name or directory that was looked up in vain stays
// missing, and a listing stays as it was, whatever the server has meanwhile, and whatever forced
// revalidation says, until this client changes or touches the directory that they are in. Whether a
// touch mends what was looked up depends on the client: see touch_mends_lookups.
#pragma once

#include <holdfast/os/os.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>

namespace holdfast::os::testing {

class ClientFiles final : public Files {
 public:
  explicit ClientFiles(Files& server) : server_(server) {}

  /// This client has looked the path up in vain.
  void looked_up_in_vain(const std::string& path) { missing_.insert(path); }
  /// This client keeps the directory's listing as it is.
  void keep_listing(const std::string& directory);
  /// What file_system() says from here on.
  std::optional<FileSystem> file_system_is;
  bool touch_mends_lookups = true;

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

 private:
  /// ENOENT where the path, or a directory above it, was looked up in vain.
  std::error_code look_up(const std::string& path) const;
  /// The directory has changed: nothing that is cached of it stays valid.
  void changed(const std::string& directory, bool mends_lookups = true);
  std::error_code changes(std::error_code error, const std::string& path);

  Files& server_;
  std::set<std::string> missing_;
  std::map<std::string, Listing> listings_;
};

}  // namespace holdfast::os::testing
