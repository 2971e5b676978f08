// How a mount behaves when nothing is broken: what its clients believe and for how long, and what
// its server cannot do. A profile is a set of manners with a name.
//
// The times and habits of the NFS profiles are those of nfs(5) and of the Linux client, as far as
// two hosts can tell them apart from outside.
#pragma once

#include <optional>
#include <string>

#include "harness/result/result.h"
#include "harness/scenario/mount_spec.h"

namespace holdfast::harness::mount {

struct Manners {
  std::string profile = "local";
  // The clients.
  Trust files;                ///< acregmin, acregmax: a file's attributes
  Trust directories;          ///< acdirmin, acdirmax: a directory's, and the names found in it
  bool keep_found = true;     ///< names that were found are trusted as their directory is
  bool keep_missing = true;   ///< so are names that were not (lookupcache=all)
  bool keep_listings = true;  ///< a listing is kept as long as the directory seems unchanged
  bool change_by_time =
      false;                  ///< "unchanged" means the same ctime (v3), not the same counter (v4)
  bool silly_rename = false;  ///< an open file that is unlinked lives on as .nfsXXXX
  // The server.
  bool stale_handles = false;  ///< ESTALE for a file whose last name is gone
  Nanoseconds tick{1};         ///< its times are whole multiples of this
  Links links = Links::counted;
  Inodes inodes = Inodes::of_the_file;
  Renames renames = Renames::of_the_name;
  bool fold_case = false;    ///< ASCII letters of names that differ in case only are the same
  bool squash_root = false;  ///< root is nobody
  bool forgets = false;      ///< what it acknowledged is not safe from its crash
  /// A file that was made exclusively is known again when the request comes a second time
  /// (RFC 1813 3.3.8); elsewhere the second is told that it exists.
  bool exclusive_by_verifier = false;
  /// After so long an operation fails with EIO, and may be carried out still; none: never.
  std::optional<Nanoseconds> gives_up;

  /// Whether anything that was read of a file is believed for any time.
  bool keep_contents() const { return files.most > Nanoseconds{}; }
};

/// One of mount_profiles(). Errors: there is none of this name; the nearest is named.
Result<Manners> profile(const std::string& name);

/// The profile that `spec` names, with what else it says.
Result<Manners> manners_of(const MountSpec& spec);

}  // namespace holdfast::harness::mount
