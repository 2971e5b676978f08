#include "harness/sharedmount/journal.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "harness/sharedmount/descriptor_path.h"

namespace holdfast::harness::mount {
namespace {

// What a change is taken back with can only fail where somebody else was at the directory.
void ignore(int) {}

std::string read_from(const NodePtr& node, off_t offset, std::size_t most) {
  const Descriptor file(::open(descriptor_path(node->file.number()).c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(most, '\0');
  const ssize_t size = file ? ::pread(file.number(), bytes.data(), most, offset) : -1;
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

void write_to(const NodePtr& node, off_t offset, const std::string& bytes, off_t size) {
  const Descriptor file(::open(descriptor_path(node->file.number()).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return;
  ignore(static_cast<int>(::pwrite(file.number(), bytes.data(), bytes.size(), offset)));
  ignore(::ftruncate(file.number(), size));
}

std::function<void()> old_times(const NodePtr& node, const struct stat& old) {
  return [node, given = node->nodes.given(*node), access = old.st_atim, modified = old.st_mtim] {
    const timespec times[2] = {access, modified};
    ignore(::utimensat(AT_FDCWD, descriptor_path(node->file.number()).c_str(), times, 0));
    node->nodes.give(*node, given);
  };
}

/// Of what made a new name.
std::function<void()> removal(const NodePtr& directory, const std::string& name,
                              bool is_directory) {
  return [=] {
    ignore(::unlinkat(directory->file.number(), name.c_str(), is_directory ? AT_REMOVEDIR : 0));
  };
}

bool exists(const NodePtr& directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory->file.number(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/// What a server that was killed has left: files of numbers, and directories that were empty when
/// they were put aside. Anything else is somebody's; with it nothing is removed. False: it stays.
bool clear(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> left;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) return false;
    const bool may_be_full = at->symlink_status(error).type() == fs::file_type::directory;
    if (may_be_full && !fs::is_empty(at->path(), error)) return false;
    left.push_back(at->path());
  }
  for (const fs::path& path : left) {
    if (!error) fs::remove(path, error);
  }
  return !error;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& directory) {
  const auto failed = [&](const std::string& what) {
    return problem(directory, what, std::error_code(errno, std::system_category()));
  };
  const bool was_there = ::mkdir(directory.c_str(), 0700) != 0;
  if (was_there && errno != EEXIST) return failed("make this directory");
  std::unique_ptr<Journal> made(new Journal(directory));
  made->directory_ =
      Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const bool ours = made->directory_ && ::flock(made->directory_.number(), LOCK_EX | LOCK_NB) == 0;
  if (!ours) {
    made->path_.clear();  // another server's
    return failed("have this directory for the changes to be forgotten");
  }
  if (!was_there || clear(directory)) return made;
  made->path_.clear();  // somebody's
  errno = EEXIST;
  return failed("have this directory for the changes to be forgotten");
}

Journal::~Journal() {
  if (path_.empty()) return;
  std::error_code ignored;  // a removed journal is a courtesy
  std::filesystem::remove_all(path_, ignored);
}

nlink_t Journal::own_links(dev_t device, ino_t inode) const {
  const auto at = links_.find({device, inode});
  return at == links_.end() ? 0 : at->second;
}

std::function<void()> Journal::keep(const NodePtr& directory, const std::string& name,
                                    Change& change) {
  struct stat status {};
  const int at = directory->file.number();
  if (::fstatat(at, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return [] {};
  if (S_ISDIR(status.st_mode)) return put_aside(directory, name, status, change);
  const std::string kept = std::to_string(++last_name_);
  if (::linkat(at, name.c_str(), directory_.number(), kept.c_str(), 0) != 0) return [] {};
  change.kept = Kept{kept, status.st_dev, status.st_ino, false, &directory->nodes};
  ++links_[{status.st_dev, status.st_ino}];
  return [=, this] {
    ignore(::linkat(directory_.number(), kept.c_str(), directory->file.number(), name.c_str(), 0));
  };
}

std::function<void()> Journal::put_aside(const NodePtr& directory, const std::string& name,
                                         const struct stat& status, Change& change) {
  // What is not empty is neither removed nor replaced.
  const int at = directory->file.number();
  const Descriptor opened(::openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::error_code error;
  if (!opened || !std::filesystem::is_empty(descriptor_path(opened.number()), error)) return [] {};
  const std::string kept = std::to_string(++last_name_);
  if (::renameat(at, name.c_str(), directory_.number(), kept.c_str()) != 0) return [] {};
  ignore(::mkdirat(at, name.c_str(), status.st_mode & 07777));
  ignore(::fchownat(at, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW));
  constexpr nlink_t kOfADirectory = 2;
  change.kept = Kept{kept, status.st_dev, status.st_ino, true, &directory->nodes};
  links_[{status.st_dev, status.st_ino}] = kOfADirectory;
  const auto bring_back = [=, this] {
    ignore(::renameat(directory_.number(), kept.c_str(), directory->file.number(), name.c_str()));
  };
  change.not_made = [=] {
    ignore(::unlinkat(directory->file.number(), name.c_str(), AT_REMOVEDIR));
    bring_back();
  };
  return bring_back;
}

std::function<void()> Journal::old_attributes(const NodePtr& node, bool contents) {
  struct stat old {};
  if (::fstatat(node->file.number(), "", &old, AT_EMPTY_PATH) != 0) return [] {};
  // Cut off contents are put back; what is beyond this is no lock.
  constexpr off_t kMostBytes = 1 << 20;
  std::string bytes;
  if (contents && old.st_size <= kMostBytes) {
    bytes = read_from(node, 0, static_cast<std::size_t>(old.st_size));
  }
  return [=, times = old_times(node, old)] {
    const std::string path = descriptor_path(node->file.number());
    if (contents) write_to(node, 0, bytes, old.st_size);
    ignore(::chmod(path.c_str(), old.st_mode & 07777));
    ignore(::fchownat(node->file.number(), "", old.st_uid, old.st_gid, AT_EMPTY_PATH));
    times();
  };
}

std::function<void()> Journal::old_bytes(const Request& request) {
  struct stat old {};
  if (::fstatat(request.node->file.number(), "", &old, AT_EMPTY_PATH) != 0) return [] {};
  const std::string bytes = read_from(request.node, request.offset, request.data.size());
  return [node = request.node, offset = request.offset, bytes, size = old.st_size,
          times = old_times(request.node, old)] {
    write_to(node, offset, bytes, size);
    times();
  };
}

void Journal::before(const Request& request, const std::string& name, const std::string& other_name,
                     const NodePtr& emptied) {
  Change& change = pending_.emplace();
  change.told = {request.host, words(request, paths(request))};
  const NodePtr& node = request.node;
  switch (request.action) {
    case Action::create:
      if (emptied) {
        change.undo = old_attributes(emptied, true);
      } else if (exists(node, name)) {
        pending_.reset();  // opened, and neither made nor emptied
      } else {
        change.undo = removal(node, name, false);
      }
      break;
    case Action::mkdir: change.undo = removal(node, name, true); break;
    case Action::mknod:
    case Action::symlink: change.undo = removal(node, name, false); break;
    case Action::link: change.undo = removal(request.other, other_name, false); break;
    case Action::unlink:
    case Action::rmdir: change.undo = keep(node, name, change); break;
    case Action::rename: {
      const std::function<void()> restore = keep(request.other, other_name, change);
      change.undo = [node, name, other = request.other, other_name, restore] {
        ignore(::renameat(other->file.number(), other_name.c_str(), node->file.number(),
                          name.c_str()));
        restore();
      };
      break;
    }
    case Action::set:
      change.undo = old_attributes(node, (request.which & FUSE_SET_ATTR_SIZE) != 0);
      break;
    case Action::write: change.undo = old_bytes(request); break;
    default: pending_.reset(); return;
  }
}

void Journal::after(bool made) {
  if (!pending_) return;
  if (!made) {
    if (pending_->not_made) pending_->not_made();
    drop(*pending_);
  } else {
    changes_.push_back(std::move(*pending_));
    if (changes_.size() > kMost) {
      drop(changes_.front());
      changes_.pop_front();
    }
  }
  pending_.reset();
}

std::vector<Forgotten> Journal::forget(std::size_t changes) {
  std::vector<Forgotten> forgotten;
  while (forgotten.size() < changes && !changes_.empty()) {
    changes_.back().undo();
    drop(changes_.back());
    forgotten.push_back(std::move(changes_.back().told));
    changes_.pop_back();
  }
  return forgotten;
}

void Journal::drop(Change& change) {
  if (!change.kept) return;
  const Kept& kept = *change.kept;
  struct stat status {};
  const int at_all =
      ::fstatat(directory_.number(), kept.name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  const bool removed =
      ::unlinkat(directory_.number(), kept.name.c_str(), kept.directory ? AT_REMOVEDIR : 0) == 0;
  // It was kept by this link alone.
  if (at_all == 0 && removed && (kept.directory || status.st_nlink == 1)) {
    kept.nodes->forget_given({kept.device, kept.inode, 0});
  }
  const auto at = links_.find({kept.device, kept.inode});
  if (at != links_.end() && (kept.directory || --at->second == 0)) links_.erase(at);
}

}  // namespace holdfast::harness::mount
