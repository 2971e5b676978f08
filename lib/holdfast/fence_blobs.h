// The blobs of a fence: immutable contents in FENCE.blobs/, beside the register that names one.
//
// They live in a directory of their own, as many entries beside a register's value make listings of
// it torn. A blob is written and synced, its directory too, before anything names it; it is named
// at most once, and never changed.
//
// Fault model: somebody puts something else in the directory's place, at any time. A system call
// refuses a symbolic link in a path's last component only, so the directory itself is looked at
// before anything in it is opened or made, and listed, which follows no link, before anything in it
// is removed. What gets between two calls leads to names that only this fence has drawn.
// Source: lib/README.md, "The fence".
#pragma once

#include <holdfast/error.h>
#include <holdfast/os/os.h>
#include <holdfast/protocol/fence_value.h>

#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

namespace holdfast {

class FenceBlobs {
 public:
  /// The largest contents of a fence, in bytes.
  static constexpr std::size_t kMost = std::size_t{1} << 30;

  FenceBlobs(const std::string& fence_path, os::System system);

  /// Writes a new blob of this token, durably.
  ///
  /// Errors: errors of the system; then nothing names it, and it is removed as far as possible.
  std::error_code write(Token token, const std::string& data, FenceBlob& written);
  /// ENOENT or ESTALE: it is collected, or this client has not heard of it yet; see
  /// is_surely_gone(). ENOTDIR: something else is in the directory's place, a link perhaps.
  std::error_code read(const FenceBlob& blob, std::string& data);
  std::error_code remove(const FenceBlob& blob);
  /// Whether the blob is certainly not there. Changes the directory, so that nothing that this
  /// client has looked up in vain stays missing; where it may not, nothing is certain.
  bool is_surely_gone(const FenceBlob& blob);
  /// Some names may be missing where there are very many: collecting goes on another time.
  std::error_code list(std::vector<FenceBlob>& found);

  const Failure& last_failure() const { return last_failure_; }

 private:
  std::string path_of(const FenceBlob& blob) const;
  std::string probes_beside() const;
  std::error_code make_directory();
  std::error_code look_for_directory();
  std::error_code check_directory();
  std::error_code change(const std::string& directory, const std::string& prefix);
  std::error_code note(std::error_code error, const char* call, const std::string& path);

  std::string path_;  // of the fence
  std::string directory_;
  os::System system_;
  bool directory_made_ = false;
  Failure last_failure_;
};

}  // namespace holdfast
