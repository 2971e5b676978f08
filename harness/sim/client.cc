#include "harness/sim/client.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::harness::sim {
namespace {

constexpr std::size_t kMostRemembered = 64;

}  // namespace

void Client::reset(const Mount& mount) {
  mount_ = mount;
  lookups_.clear();
  listings_.clear();
  attributes_.clear();
  walked_to_ = 0;
}

int Client::find_place(std::string_view path, Duration now, Place& place) {
  if (path.find('\0') != std::string_view::npos) return EINVAL;
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ENOENT;
  place.name = path.substr(slash + 1);
  if (place.name.empty()) return ENOENT;
  if (const int error = walk(path.substr(0, slash), now, place.directory)) return error;
  return place.name.size() > Server::kMostName ? ENAMETOOLONG : 0;
}

/// From the root to `directory`, which is a path without its last slash.
int Client::walk(std::string_view directory, Duration now, Inode& found) {
  const bool known = !mount_.remembers && walked_to_ != 0 && walked_at_ == server_.structure();
  if (known && walked_ == directory) {
    found = walked_to_;
    return 0;
  }
  found = Server::kRoot;
  std::size_t at = 0;
  while (at < directory.size()) {
    const std::size_t end = std::min(directory.find('/', at + 1), directory.size());
    const std::string_view name = directory.substr(at + 1, end - at - 1);
    if (name.size() > Server::kMostName) return ENAMETOOLONG;
    const Inode next = look_up({found, name}, now);
    if (next == 0) return ENOENT;
    if (server_.find(next)->status.type != os::FileType::directory) return ENOTDIR;
    found = next;
    at = end;
  }
  walked_.assign(directory);
  walked_to_ = found;
  walked_at_ = server_.structure();
  return 0;
}

int Client::find(std::string_view path, Duration now, Inode& found) {
  if (path == "/") {
    found = Server::kRoot;
    return 0;
  }
  Place place;
  if (const int error = find_place(path, now, place)) return error;
  found = look_up(place, now);
  return found == 0 ? ENOENT : 0;
}

Inode Client::look_up(const Place& place, Duration now) {
  if (!mount_.remembers) return server_.look_up(place.directory, place.name);
  for (const Lookup& known : lookups_) {
    if (known.directory != place.directory || known.name != place.name) continue;
    // A handle that turns out to be stale is looked up again, once, by the kernel itself.
    if (known.expires > now && (known.inode == 0 || server_.find(known.inode) != nullptr)) {
      return known.inode;
    }
    break;
  }
  const Inode found = server_.look_up(place.directory, place.name);
  remember(place, found, now);
  return found;
}

void Client::remember(const Place& place, Inode inode, Duration now) {
  if (!mount_.remembers) return;
  forget(place);
  if (lookups_.size() == kMostRemembered) lookups_.erase(lookups_.begin());
  lookups_.push_back({place.directory, std::string(place.name), inode, now + mount_.directory_age});
}

void Client::forget(const Place& place) {
  std::erase_if(lookups_, [&](const Lookup& known) {
    return known.directory == place.directory && known.name == place.name;
  });
}

void Client::list(Inode directory, std::size_t most, Duration now, os::Listing& found) {
  const Node& node = *server_.find(directory);
  // The memory of an earlier listing is used again.
  const auto cut = [&](const auto& names, const auto& name_of) {
    found.complete = names.size() <= most;
    found.names.resize(std::min(most, names.size()));
    for (std::size_t i = 0; i < found.names.size(); ++i) found.names[i] = name_of(names[i]);
  };
  if (!mount_.version_3 && mount_.close_to_open) {
    cut(node.entries, [](const Entry& entry) -> const std::string& { return entry.name; });
    return;
  }
  auto known = std::find_if(listings_.begin(), listings_.end(),
                            [&](const Names& one) { return one.directory == directory; });
  if (known == listings_.end()) {
    listings_.push_back({directory});
    known = listings_.end() - 1;
  }
  if (mount_.close_to_open || known->expires <= now) ask_about(*known, node, now);
  cut(known->names, [](const std::string& name) -> const std::string& { return name; });
}

void Client::ask_about(Names& listing, const Node& node, Duration now) const {
  const os::FileStatus& status = node.status;
  const bool same_stamps = listing.modified == status.modified && listing.changed == status.changed;
  const bool same = mount_.version_3 ? same_stamps : listing.version == node.version;
  listing.age = same ? std::min(2 * listing.age, mount_.most_directory_age) : mount_.directory_age;
  listing.expires = now + listing.age;
  if (same) return;
  listing.version = node.version;
  listing.modified = status.modified;
  listing.changed = status.changed;
  listing.names.clear();
  for (const Entry& entry : node.entries) listing.names.push_back(entry.name);
}

os::FileStatus Client::status(Inode file, os::Revalidate revalidate, Duration now) {
  const auto known = std::find_if(attributes_.begin(), attributes_.end(),
                                  [&](const auto& one) { return one.status.inode == file; });
  const bool believed = known != attributes_.end() && known->expires > now;
  if (believed && revalidate == os::Revalidate::as_mounted) return known->status;
  const os::FileStatus found = server_.find(file)->status;
  if (!mount_.remembers) return found;
  if (known != attributes_.end()) attributes_.erase(known);
  if (attributes_.size() == kMostRemembered) attributes_.erase(attributes_.begin());
  const bool directory = found.type == os::FileType::directory;
  attributes_.push_back({found, now + (directory ? mount_.directory_age : mount_.file_age)});
  return found;
}

/// This host has changed the directory itself: what it knew of it is worth nothing more.
void Client::own_change(Inode directory, bool mends_lookups) {
  std::erase_if(listings_, [&](const Names& one) { return one.directory == directory; });
  if (!mends_lookups) return;
  std::erase_if(lookups_, [&](const Lookup& known) { return known.directory == directory; });
}

void Client::answered(const Request& request, int error, Duration now) {
  if (request.call > Call::create && request.call != Call::touch &&
      request.call != Call::set_modified) {
    return;
  }
  if (!attributes_.empty()) attributes_.clear();
  if (error != 0) return;
  if (!changes_names(request.call)) {
    own_change(request.file, mount_.touch_mends_lookups);
    return;
  }
  own_change(request.place.directory, true);
  const bool removes = request.call == Call::unlink || request.call == Call::remove_directory;
  remember(request.place,
           removes ? 0 : server_.look_up(request.place.directory, request.place.name), now);
  if (request.call == Call::rename) own_change(request.from.directory, false);
  if (request.call == Call::rename) forget(request.from);
}

}  // namespace holdfast::harness::sim
