#include <holdfast/protocol/nonce.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/register_maker.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace holdfast {
namespace {

constexpr std::size_t kMostEntries = 1024;   // in a private directory
constexpr std::size_t kMostSiblings = 4096;  // looked at beside the register, per creation
constexpr std::size_t kMostCollected = 64;   // removed, per creation
constexpr Duration kLeftoverAge = std::chrono::hours(24);

/// Whether a name, behind the register's own, is one that only a maker or a probe gives: whoever
/// keeps a lock "app" may keep a directory "app.init.d" as well.
bool is_private(std::string_view rest, std::string_view kind) {
  return rest.starts_with(kind) && parse_nonce(rest.substr(kind.size()));
}

}  // namespace

Created Register::create(const std::string& first, std::error_code& error) {
  return RegisterMaker(*this).create(first, error);
}

Created RegisterMaker::create(const std::string& first, std::error_code& error) {
  Created created = Created::unknown;
  for (int count = 0; count < kAttempts && created == Created::unknown; ++count) {
    created = attempt(first, error);
    // What was given up may have become the register after all.
    if (created == Created::unknown) {
      const Seen seen = register_.look_afresh(Duration::zero());
      if (seen.sight != Sight::missing && seen.sight != Sight::failed) created = Created::there;
    }
  }
  if (created == Created::yes || created == Created::there) error.clear();
  if (created == Created::yes) {
    register_.raise_highest(first);
    collect_leftovers(register_.parent());
  }
  return created;
}

Created RegisterMaker::attempt(const std::string& first, std::error_code& error) {
  const RegisterSettings& settings = register_.settings_;
  const Site site = new_site();
  os::Files& files = *register_.system_.files;
  error =
      register_.note(files.make_directory(site.init, settings.directory_mode), "mkdir", site.init);
  // ENOENT is about the parent.
  if (outcome_of(error) == Outcome::absent) return Created::failed;
  // Refused, and nothing is there that would have to be given up.
  if (outcome_of(error) == Outcome::refused && error != std::errc::file_exists) {
    return Created::failed;
  }
  if (!error) error = fill(site, first);
  return error ? give_up(site, error) : place(site.init, error);
}

/// Puts a file of the first value's name into the directory that will be the register.
std::error_code RegisterMaker::fill(const Site& site, const std::string& first) {
  os::Files& files = *register_.system_.files;
  const RegisterSettings& settings = register_.settings_;
  const auto noted = [&](std::error_code error, const char* call, const std::string& path) {
    return register_.note(error, call, path);
  };
  if (const auto error =
          noted(files.make_directory(site.seed, settings.directory_mode), "mkdir", site.seed)) {
    return error;
  }
  if (const auto error =
          noted(files.create(site.file, "", settings.file_mode), "create", site.file)) {
    return error;
  }
  if (const auto error =
          noted(files.rename(site.file, site.init + '/' + first), "rename", site.file)) {
    return error;
  }
  // A name that is gone has been removed: by our own request, whose reply was lost.
  const auto error = noted(files.remove_directory(site.seed), "rmdir", site.seed);
  return outcome_of(error) == Outcome::absent ? std::error_code() : error;
}

/// EEXIST and ENOTEMPTY can only come from our own requests, sent again: nobody else knows the
/// names.
Created RegisterMaker::give_up(const Site& site, const std::error_code& error) {
  discard(site.seed);
  discard(site.init);
  const bool own = error == std::errc::file_exists || error == std::errc::directory_not_empty;
  return outcome_of(error) == Outcome::refused && !own ? Created::failed : Created::unknown;
}

/// Renames the finished directory to the register's path.
Created RegisterMaker::place(const std::string& init, std::error_code& error) {
  const std::string& path = register_.path_;
  error = register_.note(register_.system_.files->rename(init, path), "rename", init);
  if (!error) return Created::yes;
  // Aside, so that the request can find it no more, wherever it is now.
  discard(init);
  if (error == std::errc::file_exists || error == std::errc::directory_not_empty ||
      error == std::errc::not_a_directory) {
    return Created::there;
  }
  return outcome_of(error) == Outcome::refused ? Created::failed : Created::unknown;
}

/// Whether this call moved it aside; what it moved, it has then tried to remove.
bool RegisterMaker::discard(const std::string& directory) {
  const std::string trash = private_name(".trash.");
  if (register_.system_.files->rename(directory, trash)) return false;
  empty(trash);
  return true;
}

/// Removes what a register's maker puts into its private directories, then the directory. What
/// cannot be removed stays for a later collection: it stands in nobody's way.
void RegisterMaker::empty(const std::string& directory) {
  os::Files& files = *register_.system_.files;
  os::Listing listing;
  if (files.list(directory, kMostEntries, listing)) return;
  for (const std::string& name : listing.names) {
    if (!name.starts_with("seed.") && !register_.values_.is_value(name)) continue;
    const std::string path = directory + '/' + name;
    register_.note(files.unlink(path), "unlink", path);
  }
  register_.note(files.remove_directory(directory), "rmdir", directory);
}

/// Removes what processes have left beside the register that died, or gave up, long ago. "Long ago"
/// by the file system's own stamps alone: the register's directory was made just now.
void RegisterMaker::collect_leftovers(const std::string& parent) {
  os::Files& files = *register_.system_.files;
  os::FileStatus made;
  os::Listing siblings;
  if (files.status(register_.path_, os::Revalidate::as_mounted, made)) return;
  if (files.list(parent, kMostSiblings, siblings)) return;
  const std::string base = register_.path_.substr(register_.path_.rfind('/') + 1);
  const std::string before = parent == "/" ? parent : parent + '/';
  std::size_t collected = 0;
  for (const std::string& name : siblings.names) {
    if (!name.starts_with(base) || collected == kMostCollected) continue;
    const std::string_view rest = std::string_view(name).substr(base.size());
    const bool directory =
        is_private(rest, ".init.") || is_private(rest, ".seed.") || is_private(rest, ".trash.");
    if (!directory && !is_private(rest, ".probe.")) continue;
    const std::string path = before + name;
    if (!is_leftover(path, directory, made.changed)) continue;
    ++collected;
    if (directory) {
      discard(path);
    } else {
      register_.note(files.unlink(path), "unlink", path);
    }
  }
}

bool RegisterMaker::is_leftover(const std::string& path, bool directory, os::ServerTime now) {
  os::FileStatus status;
  if (register_.system_.files->status(path, os::Revalidate::forced, status)) return false;
  const os::FileType type = directory ? os::FileType::directory : os::FileType::regular;
  if (status.type != type || (!directory && status.size != 0)) return false;
  return now - std::max(status.modified, status.changed) > kLeftoverAge;
}

RegisterMaker::Site RegisterMaker::new_site() {
  Site site;
  site.init = private_name(".init.");
  const std::string nonce = site.init.substr(site.init.rfind('.'));
  site.seed = register_.path_ + ".seed" + nonce;
  site.file = site.seed + "/seed" + nonce;
  return site;
}

std::string RegisterMaker::private_name(const char* kind) {
  return register_.path_ + kind + nonce_text(register_.nonce());
}

}  // namespace holdfast
