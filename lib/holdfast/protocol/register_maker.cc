#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/register_maker.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
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
  constexpr std::size_t kNonceDigits = 16;
  return rest.size() == kind.size() + kNonceDigits && rest.starts_with(kind) &&
         rest.find_first_not_of("0123456789abcdef", kind.size()) == std::string_view::npos;
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
  os::Files& files = *register_.system_.files;
  const RegisterSettings& settings = register_.settings_;
  const std::string init = private_name(".init.");
  const std::string seed = init + "/seed." + init.substr(init.rfind('.') + 1);

  error = register_.note(files.make_directory(init, settings.directory_mode), "mkdir", init);
  if (error) {
    // ENOENT is about the parent. EEXIST can only be our own request, resent.
    const Outcome outcome = outcome_of(error);
    if (outcome == Outcome::absent) return Created::failed;
    if (outcome == Outcome::refused && error != std::errc::file_exists) return Created::failed;
    discard(init);
    return Created::unknown;
  }
  error = register_.note(files.create(seed, "", settings.file_mode), "create", seed);
  if (!error) {
    error = register_.note(files.rename(seed, init + '/' + first), "rename", seed);
  }
  if (error) {
    discard(init);
    const bool refused = outcome_of(error) == Outcome::refused && error != std::errc::file_exists;
    return refused ? Created::failed : Created::unknown;
  }
  return place(init, error);
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

/// Removes what a register's maker puts into its private directory, then the directory. What cannot
/// be removed stays for a later collection: it stands in nobody's way.
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
    const bool directory = is_private(rest, ".init.") || is_private(rest, ".trash.");
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

std::string RegisterMaker::private_name(const char* kind) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(register_.nonce()));
  return register_.path_ + kind + text;
}

}  // namespace holdfast
