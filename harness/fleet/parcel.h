// Histories and logs on their way from a host that keeps them on a disk of its own.
//
// Fault model: the host, or the way to it, can be gone at any instant. What has arrived is a whole
// history file up to some event: the bytes are written first, and the header that makes them count
// last. So a crash of a host costs what it did since its last parcel, and tears nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

/// A piece of a file: the next bytes behind those that were sent before.
struct Parcel {
  std::string file;         ///< its name: of a history it ends in ".events", of a log in ".err"
  std::uint64_t at = 0;     ///< offset of these bytes; in a history, behind its header
  std::uint64_t bytes = 0;  ///< how many they are
  std::string packed;       ///< they, behind a history's header; compressed (zlib), as base64
};

/// On the host: remembers what has been sent of each file.
class Packer {
 public:
  explicit Packer(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  /// The next parcel; none: there is nothing new at the moment.
  ///
  /// Units:   at most about a megabyte before it is compressed.
  /// Errors:  a file cannot be read; a history's next record is damaged.
  Result<std::optional<Parcel>> next();

 private:
  Result<std::optional<Parcel>> from(const std::string& path);
  void list();

  std::vector<std::string> folders_;
  std::vector<std::string> paths_;  ///< still to be looked at in this round
  std::map<std::string, std::uint64_t> sent_;
};

/// At the controller: writes a parcel into the folder, where its file's earlier parcels are.
///
/// Errors:  the disk is full; a parcel that no Packer made, such as one that names another folder.
Result<void> unpack(const Parcel& parcel, const std::string& folder);

}  // namespace holdfast::harness
