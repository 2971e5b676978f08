#include "harness/sharedmount/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "harness/sharedmount/caller_identity.h"
#include "harness/sharedmount/descriptor_path.h"

namespace holdfast::harness::mount {
namespace {

int error_of(int result) { return result < 0 ? errno : 0; }

/// The directories whose entries a request changes or depends on.
std::vector<NodePtr> watched(const Request& request) {
  std::vector<NodePtr> directories;
  if (!request.name.empty()) directories.push_back(request.node);
  if (request.action == Action::list) directories.push_back(request.node);
  if (request.other && request.other != request.node) directories.push_back(request.other);
  return directories;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, const Manners& manners) {
  const int opened = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat status {};
  if (opened < 0 || ::fstat(opened, &status) != 0) {
    return problem(directory, "serve it", std::error_code(errno, std::system_category()));
  }
  std::unique_ptr<Store> made(new Store(manners));
  if (manners.forgets) {
    auto journal = Journal::open(directory + ".past");
    if (!journal) return tl::unexpected(journal.error());
    made->journal_ = std::move(*journal);
  }
  made->root_ =
      made->nodes_.get({status.st_dev, status.st_ino, 0}, status.st_mode, [&] { return opened; });
  return made;
}

Reply Store::execute(const Request& request) {
  if (request.moved) return move(request);
  Reply reply;
  for (const NodePtr& directory : watched(request)) {
    if (const auto before = change_of(*directory)) {
      reply.directories.push_back({directory, *before, *before});
    }
  }
  // Of a file also where it then fails: a change too many deceives nobody.
  if (is_change(request.action) && request.name.empty()) ++request.node->changes;
  reply.changed = is_change(request.action);  // unless it turns out that there was nothing to do
  reply.error = journal_ ? noted(request, reply) : carry_out(request, reply);
  reply.changed = reply.changed && reply.error == 0;
  if (reply.error == 0 && is_change(request.action)) {
    for (Witness& witness : reply.directories) {
      ++witness.directory->changes;
      if (const auto after = change_of(*witness.directory)) witness.after = *after;
    }
  }
  return reply;
}

Reply Store::move(const Request& request) {
  const Node& moved = *request.moved;
  struct stat there {};
  const bool found = moved.parent &&
                     ::fstatat(moved.parent->file.number(), moved.name.c_str(), &there,
                               AT_SYMLINK_NOFOLLOW) == 0 &&
                     there.st_dev == moved.key.device && there.st_ino == moved.key.inode;
  if (!found) {
    Reply gone;
    gone.error = ENOENT;
    return gone;
  }
  Request from_there = request;
  from_there.moved = nullptr;
  from_there.node = moved.parent;
  from_there.name = moved.name;
  return execute(from_there);
}

int Store::noted(const Request& request, Reply& reply) {
  const bool change = is_change(request.action);
  if (change) {
    const auto name_in = [this](const NodePtr& directory, const std::string& name) {
      return name.empty() || !directory ? name : actual(*directory, name);
    };
    journal_->before(request, name_in(request.node, request.name),
                     name_in(request.other, request.other_name), to_be_emptied(request));
  }
  const int error = carry_out(request, reply);
  if (change) journal_->after(error == 0);
  return error;
}

NodePtr Store::to_be_emptied(const Request& request) {
  if (request.action != Action::create || (request.flags & O_TRUNC) == 0) return nullptr;
  Reply there;
  const bool found = reach(request.node, request.name, there) == 0;
  return found && S_ISREG(there.status.st_mode) ? there.node : nullptr;
}

std::vector<Forgotten> Store::forget(std::size_t changes) {
  if (!journal_ || changes == 0) return {};
  std::vector<Forgotten> forgotten = journal_->forget(changes);
  for (const NodePtr& node : nodes_.all()) {
    note_removal(*node);
    ++node->changes;
  }
  return forgotten;
}

int Store::carry_out(const Request& request, Reply& reply) {
  // A handle of a file that is gone. What is open on a local file system lives on.
  if (manners_.stale_handles && request.node && request.node->removed) return ESTALE;
  if (request.other && request.other->removed) return manners_.stale_handles ? ESTALE : ENOENT;
  const CallerIdentity identity(request.caller, manners_.squash_root);
  switch (request.action) {
    case Action::lookup: return look_up(request, reply);
    case Action::stat: return tell_status(request, reply);
    case Action::set: return set(request, reply);
    case Action::readlink: return read_link(request, reply);
    case Action::open: return open_file(request, reply);
    case Action::create: return create(request, reply);
    case Action::read: return read(request, reply);
    case Action::write: return write(request, reply);
    case Action::mkdir:
    case Action::mknod:
    case Action::symlink: return make(request, reply);
    case Action::unlink:
    case Action::rmdir: return remove(request);
    case Action::rename: return rename(request, reply);
    case Action::link: return link(request, reply);
    case Action::list: return list(request, reply);
    case Action::sync: return 0;  // what this server was told survives its emulated crash or not
    case Action::statfs: return tell_system(reply);
  }
  return ENOSYS;
}

NodePtr Store::known(const Node& directory, const std::string& name) {
  struct stat status {};
  const std::string entry = actual(directory, name);
  if (::fstatat(directory.file.number(), entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return nullptr;
  }
  return nodes_.find(key_of(status, directory, entry));
}

Reply Store::shown(const NodePtr& node) {
  Reply reply;
  reply.error = fill(node, reply);
  return reply;
}

std::string Store::actual(const Node& directory, const std::string& name) const {
  if (!manners_.fold_case) return name;
  const int opened =
      ::openat(directory.file.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) return name;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(opened), ::closedir);
  if (!stream) return name;
  const auto same = [](char a, char b) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return low(a) == low(b);
  };
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view found = entry->d_name;
    if (std::equal(found.begin(), found.end(), name.begin(), name.end(), same)) {
      return std::string(found);
    }
  }
  return name;
}

NodeKey Store::key_of(const struct stat& status, const Node& directory,
                      const std::string& name) const {
  NodeKey key{status.st_dev, status.st_ino, 0};
  if (manners_.inodes == Inodes::of_the_name && !S_ISDIR(status.st_mode)) {
    key.alias = std::hash<std::string>()(std::to_string(directory.key.inode) + "/" + name) | 1;
  }
  return key;
}

int Store::reach(const NodePtr& directory, const std::string& name, Reply& reply) {
  const std::string entry = actual(*directory, name);
  struct stat status {};
  const int at = directory->file.number();
  if (::fstatat(at, entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  const NodeKey key = key_of(status, *directory, entry);
  const NodePtr node = nodes_.get(key, status.st_mode, [&] {
    return ::openat(at, entry.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  });
  if (!node) return errno;
  if (node != root_) {
    node->parent = directory;
    node->name = entry;
  }
  reply.node = node;
  reply.status = status;
  reply.real = show(node.get(), reply.status);
  reply.change = change_of(*node, reply.status);
  return 0;
}

int Store::look_up(const Request& request, Reply& reply) {
  return reach(request.node, request.name, reply);
}

int Store::fill(const NodePtr& node, Reply& reply) {
  if (::fstatat(node->file.number(), "", &reply.status, AT_EMPTY_PATH) != 0) return errno;
  reply.node = node;
  reply.real = show(node.get(), reply.status);
  reply.change = change_of(*node, reply.status);
  return 0;
}

int Store::tell_status(const Request& request, Reply& reply) { return fill(request.node, reply); }

timespec Store::shown(timespec& backing, const std::optional<timespec>& given) const {
  const bool is_given = given && same_time(*given, backing);
  return is_given ? clock_.cut(std::exchange(backing, {})) : clock_.stamp(backing);
}

TrueTimes Store::show(const Node* node, struct stat& status) const {
  const GivenTimes given = node != nullptr ? nodes_.given(*node) : GivenTimes();
  TrueTimes real{status.st_atim, status.st_mtim, status.st_ctim};
  status.st_atim = shown(real.access, given.access);
  status.st_mtim = shown(real.modified, given.modified);
  status.st_ctim = clock_.stamp(real.changed);
  if (journal_) status.st_nlink -= journal_->own_links(status.st_dev, status.st_ino);
  if (node != nullptr && node->key.alias != 0) status.st_ino = node->key.alias;
  if (manners_.links == Links::shown_as_one && status.st_nlink > 0) status.st_nlink = 1;
  return real;
}

Change Store::change_of(const Node& node, const struct stat& shown) const {
  return {shown.st_ctim, manners_.change_by_time ? 0 : node.changes,
          S_ISDIR(shown.st_mode) ? 0 : shown.st_size};
}

std::optional<Change> Store::change_of(const Node& node) const {
  struct stat status {};
  if (::fstatat(node.file.number(), "", &status, AT_EMPTY_PATH) != 0) return std::nullopt;
  show(&node, status);
  return change_of(node, status);
}

int Store::read_link(const Request& request, Reply& reply) {
  char target[4096];
  const ssize_t size = ::readlinkat(request.node->file.number(), "", target, sizeof target);
  if (size < 0) return errno;
  reply.data.assign(target, static_cast<std::size_t>(size));
  return 0;
}

/// As a look at the name itself would show it.
ino_t Store::inode_of(const dirent& entry, const Node& directory) const {
  struct stat status {};
  status.st_ino = entry.d_ino;
  status.st_mode = static_cast<mode_t>(DTTOIF(entry.d_type));
  const NodeKey key = key_of(status, directory, entry.d_name);
  return key.alias == 0 ? key.inode : key.alias;
}

int Store::list(const Request& request, Reply& reply) {
  const int opened =
      ::openat(request.node->file.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) return errno;
  DIR* const stream = ::fdopendir(opened);
  if (stream == nullptr) {
    ::close(opened);
    return errno;
  }
  auto entries = std::make_shared<std::vector<Entry>>();
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    entries->push_back({entry->d_name, inode_of(*entry, *request.node),
                        static_cast<mode_t>(DTTOIF(entry->d_type))});
  }
  const int error = errno;
  ::closedir(stream);
  reply.entries = std::move(entries);
  return error != 0 ? error : fill(request.node, reply);
}

int Store::open_file(const Request& request, Reply& reply) {
  // Where to append is the client's to say, as in NFS: two that append at once may overwrite.
  constexpr int kClients = O_NOFOLLOW | O_CREAT | O_EXCL | O_APPEND | O_DIRECT;
  const int flags = (request.flags & ~kClients) | O_CLOEXEC;
  const int opened = ::open(descriptor_path(request.node->file.number()).c_str(), flags);
  if (opened < 0) return errno;
  reply.file = std::make_shared<Descriptor>(opened);
  return fill(request.node, reply);
}

int Store::read(const Request& request, Reply& reply) {
  reply.data.resize(request.size);
  const ssize_t size =
      ::pread(request.file->number(), reply.data.data(), request.size, request.offset);
  const int error = error_of(static_cast<int>(size));
  reply.data.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return error;
}

int Store::write(const Request& request, Reply& reply) {
  const ssize_t size =
      ::pwrite(request.file->number(), request.data.data(), request.data.size(), request.offset);
  if (size < 0) return errno;
  reply.size = static_cast<std::size_t>(size);
  return 0;
}

int Store::tell_system(Reply& reply) {
  return error_of(::fstatvfs(root_->file.number(), &reply.system));
}

}  // namespace holdfast::harness::mount
