// The requests that change something.

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <unistd.h>

#include <cerrno>

#include "harness/sharedmount/descriptor_path.h"
#include "harness/sharedmount/store.h"

namespace holdfast::harness::mount {
namespace {

int error_of(int result) { return result < 0 ? errno : 0; }

/// All that can be set. When that was done last, ctime, says nothing of what it was.
bool same_attributes(const struct stat& a, const struct stat& b) {
  return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
         a.st_size == b.st_size && same_time(a.st_atim, b.st_atim) &&
         same_time(a.st_mtim, b.st_mtim);
}

/// Stamps it also where the size stays as it was, as an open that empties what is empty does.
int resize(const std::string& path, off_t size) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::ftruncate(file.number(), size) == 0 ? 0 : errno;
}

}  // namespace

int Store::create(const Request& request, Reply& reply) {
  const int at = request.node->file.number();
  const std::string entry = actual(*request.node, request.name);
  const int flags = (request.flags & ~(O_APPEND | O_DIRECT)) | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  struct stat there {};
  const bool was_there = ::fstatat(at, entry.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0;
  const int opened = ::openat(at, entry.c_str(), flags, request.mode);
  if (opened < 0) return errno;
  reply.file = std::make_shared<Descriptor>(opened);
  reply.changed = !was_there || ((flags & O_TRUNC) != 0 && there.st_size > 0);
  return reach(request.node, entry, reply);
}

int Store::make(const Request& request, Reply& reply) {
  const int at = request.node->file.number();
  const std::string entry = actual(*request.node, request.name);
  const char* const name = entry.c_str();
  int error = 0;
  switch (request.action) {
    case Action::mkdir: error = error_of(::mkdirat(at, name, request.mode)); break;
    case Action::symlink: error = error_of(::symlinkat(request.data.c_str(), at, name)); break;
    default: error = error_of(::mknodat(at, name, request.mode, request.device)); break;
  }
  return error != 0 ? error : reach(request.node, entry, reply);
}

void Store::note_removal(Node& victim) {
  struct stat left {};
  if (::fstatat(victim.file.number(), "", &left, AT_EMPTY_PATH) != 0) return;
  const nlink_t own = journal_ ? journal_->own_links(left.st_dev, left.st_ino) : 0;
  victim.removed = left.st_nlink <= own;
  if (left.st_nlink == 0) nodes_.forget_given({left.st_dev, left.st_ino, 0});
}

int Store::remove(const Request& request) {
  const std::string entry = actual(*request.node, request.name);
  const NodePtr victim = known(*request.node, entry);
  const int error = error_of(::unlinkat(request.node->file.number(), entry.c_str(),
                                        request.action == Action::rmdir ? AT_REMOVEDIR : 0));
  if (error == 0 && victim) note_removal(*victim);
  return error;
}

int Store::rename(const Request& request, Reply& reply) {
  const std::string from = actual(*request.node, request.name);
  const std::string to = actual(*request.other, request.other_name);
  const NodePtr moved = known(*request.node, from);
  const NodePtr victim = known(*request.other, to);
  const int error = error_of(::renameat(request.node->file.number(), from.c_str(),
                                        request.other->file.number(), to.c_str()));
  if (error != 0) return error;
  if (victim) note_removal(*victim);
  reply.changed = !moved || !victim || moved->key.device != victim->key.device ||
                  moved->key.inode != victim->key.inode;  // two names of one file both stay
  if (moved && moved != victim) {
    moved->parent = request.other;
    moved->name = to;
  }
  return 0;
}

int Store::link(const Request& request, Reply& reply) {
  if (manners_.links == Links::refused) return EOPNOTSUPP;
  const std::string entry = actual(*request.other, request.other_name);
  const std::string source = descriptor_path(request.node->file.number());
  if (::linkat(AT_FDCWD, source.c_str(), request.other->file.number(), entry.c_str(),
               AT_SYMLINK_FOLLOW) != 0) {
    return errno;
  }
  return reach(request.other, entry, reply);
}

int Store::set(const Request& request, Reply& reply) {
  const int file = request.node->file.number();
  const std::string path = descriptor_path(file);
  struct stat before {
  }, after{};
  const bool seen = ::fstatat(file, "", &before, AT_EMPTY_PATH) == 0;
  if ((request.which & FUSE_SET_ATTR_MODE) != 0 &&
      ::chmod(path.c_str(), request.values.st_mode & 07777) != 0) {
    return errno;
  }
  if ((request.which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0) {
    const uid_t user =
        (request.which & FUSE_SET_ATTR_UID) != 0 ? request.values.st_uid : static_cast<uid_t>(-1);
    const gid_t group =
        (request.which & FUSE_SET_ATTR_GID) != 0 ? request.values.st_gid : static_cast<gid_t>(-1);
    if (::fchownat(file, "", user, group, AT_EMPTY_PATH) != 0) return errno;
  }
  if ((request.which & FUSE_SET_ATTR_SIZE) != 0) {
    if (const int error = resize(path, request.values.st_size)) return error;
  }
  if (const int error = set_times(request)) return error;
  if (seen && ::fstatat(file, "", &after, AT_EMPTY_PATH) == 0) {
    reply.changed = !same_attributes(before, after);
  }
  return fill(request.node, reply);
}

int Store::set_times(const Request& request) {
  constexpr int kTimes =
      FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
  if ((request.which & kTimes) == 0) return 0;
  timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  if ((request.which & FUSE_SET_ATTR_ATIME) != 0) times[0] = request.values.st_atim;
  if ((request.which & FUSE_SET_ATTR_MTIME) != 0) times[1] = request.values.st_mtim;
  if ((request.which & FUSE_SET_ATTR_ATIME_NOW) != 0) times[0].tv_nsec = UTIME_NOW;
  if ((request.which & FUSE_SET_ATTR_MTIME_NOW) != 0) times[1].tv_nsec = UTIME_NOW;
  if (::utimensat(AT_FDCWD, descriptor_path(request.node->file.number()).c_str(), times, 0) != 0) {
    return errno;
  }
  const auto explicitly = [](const timespec& time) {
    return time.tv_nsec != UTIME_OMIT && time.tv_nsec != UTIME_NOW;
  };
  struct stat kept {};
  if (::fstatat(request.node->file.number(), "", &kept, AT_EMPTY_PATH) != 0) return 0;
  GivenTimes given = nodes_.given(*request.node);
  if (explicitly(times[0])) given.access = kept.st_atim;
  if (explicitly(times[1])) given.modified = kept.st_mtim;
  if (given.access || given.modified) nodes_.give(*request.node, given);
  return 0;
}

}  // namespace holdfast::harness::mount
