#include "harness/sharedmount/manners.h"

#include <algorithm>

#include "harness/scenario/nearest.h"

namespace holdfast::harness::mount {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// nfs(5): acregmin 3, acregmax 60, acdirmin 30, acdirmax 60. The tick is that of a server whose
/// kernel counts 100 to the second.
Manners nfs(const std::string& name) {
  Manners manners;
  manners.profile = name;
  manners.files = {seconds(3), seconds(60)};
  manners.directories = {seconds(30), seconds(60)};
  manners.silly_rename = true;
  manners.stale_handles = true;
  manners.tick = milliseconds(10);
  manners.exclusive_by_verifier = true;
  return manners;
}

Manners nfs3(const std::string& name) {
  Manners manners = nfs(name);
  manners.change_by_time = true;
  return manners;
}

Manners nfs_noac() {
  Manners manners = nfs3("nfs-noac");
  manners.files = manners.directories = {};
  manners.keep_found = manners.keep_missing = manners.keep_listings = false;
  return manners;
}

Manners nfs_async() {
  Manners manners = nfs3("nfs-async");
  manners.forgets = true;
  return manners;
}

/// What mount.cifs does by default (actimeo=1), on a share without Unix extensions.
Manners smb_like() {
  Manners manners;
  manners.profile = "smb-like";
  manners.files = manners.directories = {seconds(1), seconds(1)};
  manners.keep_missing = manners.keep_listings = false;
  manners.tick = std::chrono::nanoseconds(100);
  manners.links = Links::shown_as_one;
  manners.fold_case = true;
  return manners;
}

/// sshfs caches for 20 s, asks for times in whole seconds, and makes up its inode numbers.
Manners sshfs_like() {
  Manners manners;
  manners.profile = "sshfs-like";
  manners.files = manners.directories = {seconds(20), seconds(20)};
  manners.keep_missing = false;
  manners.tick = seconds(1);
  manners.links = Links::shown_as_one;
  manners.inodes = Inodes::of_the_name;
  return manners;
}

Manners local() {
  Manners manners;
  manners.keep_found = manners.keep_missing = manners.keep_listings = false;
  return manners;
}

}  // namespace

Result<Manners> profile(const std::string& name) {
  if (name == "local") return local();
  if (name == "nfs3-default") return nfs3(name);
  if (name == "nfs4.2-default") return nfs(name);
  if (name == "nfs-noac") return nfs_noac();
  if (name == "nfs-async") return nfs_async();
  if (name == "smb-like") return smb_like();
  if (name == "sshfs-like") return sshfs_like();
  std::vector<std::string> names;
  for (const MountProfile& one : mount_profiles()) names.push_back(one.name);
  return problem("", unknown_word("profile", name, names));
}

Result<Manners> manners_of(const MountSpec& spec) {
  auto manners = profile(spec.emulate);
  if (!manners) return manners;
  if (spec.files) manners->files = *spec.files;
  if (spec.directories) manners->directories = *spec.directories;
  if (spec.tick) manners->tick = *spec.tick;
  if (spec.links) manners->links = *spec.links;
  if (spec.inodes) manners->inodes = *spec.inodes;
  if (spec.renames) manners->renames = *spec.renames;
  if (spec.any_case) manners->fold_case = *spec.any_case;
  if (spec.root_squash) manners->squash_root = *spec.root_squash;
  manners->gives_up = spec.soft;
  return manners;
}

}  // namespace holdfast::harness::mount
