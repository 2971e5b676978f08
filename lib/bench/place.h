// Where the lock benchmarks work: a fresh directory on a memory file system or on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <system_error>

namespace holdfast::bench {

/// A directory that is gone, with all that is in it, when the benchmark ends.
class Place {
 public:
  /// nullopt if no directory can be made below `parent`.
  static std::optional<Place> make(const std::filesystem::path& parent) {
    std::error_code error;
    auto path = parent / ("holdfast-bench-" + std::to_string(std::random_device{}()));
    if (!std::filesystem::create_directory(path, error)) return std::nullopt;
    return Place(std::move(path));
  }
  Place(Place&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    std::error_code ignored;  // what cannot be removed is left in a directory of temporary files
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  explicit Place(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace holdfast::bench
