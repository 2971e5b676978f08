#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

const char* text(Action action) {
  switch (action) {
    case Action::lookup: return "lookup";
    case Action::stat: return "stat";
    case Action::set: return "utime";
    case Action::readlink: return "readlink";
    case Action::open: return "open_read";
    case Action::create: return "open_create";
    case Action::read: return "read";
    case Action::write: return "write";
    case Action::mkdir: return "mkdir";
    case Action::mknod: return "mknod";
    case Action::symlink: return "symlink";
    case Action::unlink: return "unlink";
    case Action::rmdir: return "rmdir";
    case Action::rename: return "rename";
    case Action::link: return "link";
    case Action::list: return "list";
    case Action::sync: return "sync";
    case Action::statfs: return "statfs";
  }
  return "";
}

bool is_change(Action action) {
  switch (action) {
    case Action::set:
    case Action::create:
    case Action::write:
    case Action::mkdir:
    case Action::mknod:
    case Action::symlink:
    case Action::unlink:
    case Action::rmdir:
    case Action::rename:
    case Action::link: return true;
    default: return false;
  }
}

bool is_of_open_file(Action action) {
  return action == Action::read || action == Action::write || action == Action::sync;
}

Paths paths(const Request& request) {
  Paths paths;
  if (!request.node) return paths;
  if (!request.name.empty()) {
    paths.first = {request.node->path(request.name)};
  } else if (request.known_as.empty()) {
    paths.first = {request.node->path()};
  }
  for (const Place& place : request.known_as) {
    paths.first.push_back(place.directory->path(place.name));
  }
  if (request.other) paths.second = request.other->path(request.other_name);
  return paths;
}

std::string words(const Request& request, const Paths& about) {
  std::string words = text(request.action);
  for (std::size_t i = 0; i < about.first.size(); ++i) {
    words += (i == 0 ? " " : "//") + about.first[i];
  }
  if (!about.second.empty()) words += " " + about.second;
  return words;
}

}  // namespace holdfast::harness::mount
