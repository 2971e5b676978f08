// How a mount behaves when nothing is broken: what its clients believe and for how long, and what
// its server cannot do. A profile is a set of manners with a name.
//
// The times and habits of the NFS profiles are those of nfs(5) and of the Linux client, as far as
// two hosts can tell them apart from outside.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness::mount {

/// How long a client trusts what it knows: `least` after a change, twice as long after each look
/// that showed none, never above `most`. Both 0: not at all.
struct Trust {
  Nanoseconds least{};
  Nanoseconds most{};
};

enum class Links { counted, shown_as_one, refused };
enum class Inodes { of_the_file, of_the_name };

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
  bool fold_case = false;    ///< ASCII letters of names that differ in case only are the same
  bool squash_root = false;  ///< root is nobody
};

/// One by name. Errors: no such profile; the nearest is named.
Result<Manners> profile(const std::string& name);

/// All names, and what each stands for, in the order in which people are told.
struct ProfileName {
  std::string name;
  std::string about;
};
const std::vector<ProfileName>& profiles();

}  // namespace holdfast::harness::mount
