#include <holdfast/os/testing/memory_files.h>

#include <cerrno>
#include <utility>

namespace holdfast::os::testing {
namespace {

constexpr int kMostLinks = 40;  // in one path

std::error_code failed(int number) { return {number, std::system_category()}; }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// What the system says of a name before it looks for it.
std::error_code check_name(const std::string& path) {
  if (path.find('\0') != std::string::npos) return failed(EINVAL);
  const std::size_t slash = path.rfind('/');
  const std::size_t length = path.size() - (slash == std::string::npos ? 0 : slash + 1);
  return length > FileSystem().name_max ? failed(ENAMETOOLONG) : std::error_code();
}

std::string strip_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

MemoryFiles::MemoryFiles(Clock& clock) : clock_(clock) {
  nodes_["/"] = make_node(FileType::directory, 0777);
  nodes_["."] = make_node(FileType::directory, 0777);
}

ServerTime MemoryFiles::now() const { return ServerTime(clock_.wall().time_since_epoch()); }

const std::string& MemoryFiles::follow(const std::string& path, std::string& room) const {
  if (!has_links_) return path;
  room = path;
  int followed = 0;
  for (std::size_t slash = room.find('/', 1); slash != std::string::npos && followed < kMostLinks;
       slash = room.find('/', slash + 1)) {
    const Node* node = find(room.substr(0, slash));
    if (node == nullptr || node->status.type != FileType::symlink || node->contents.empty())
      continue;
    room.replace(0, slash, node->contents);
    slash = 0;
    ++followed;
  }
  return room;
}

/// The file at `path`, or why there is none.
std::error_code MemoryFiles::look_up(const std::string& path, Node*& found) const {
  found = find(path);
  if (found != nullptr) return {};
  const auto error = check_parent(path);
  return error ? error : failed(ENOENT);
}

MemoryFiles::Node* MemoryFiles::find(const std::string& path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : found->second.get();
}

std::error_code MemoryFiles::check_parent(const std::string& path) const {
  if (const auto error = check_name(path)) return error;
  const std::string above = parent_of(path);
  if (above == path) return {};
  const Node* parent = find(above);
  if (parent == nullptr) {
    const auto error = check_parent(above);
    return error ? error : failed(ENOENT);
  }
  return parent->status.type == FileType::directory ? std::error_code() : failed(ENOTDIR);
}

bool MemoryFiles::has_entries(const std::string& directory) const {
  const auto next = nodes_.upper_bound(directory + "/");
  return next != nodes_.end() && next->first.starts_with(directory + "/");
}

MemoryFiles::NodePtr MemoryFiles::make_node(FileType type, std::uint32_t mode) {
  auto node = std::make_shared<Node>();
  node->status.type = type;
  node->status.device = 1;
  node->status.inode = ++last_inode_;
  node->status.links = 1;
  node->status.mode = mode;
  node->status.modified = node->status.changed = now();
  return node;
}

void MemoryFiles::stamp_parent(const std::string& path) {
  if (Node* parent = find(parent_of(path)))
    parent->status.modified = parent->status.changed = now();
}

void MemoryFiles::drop(const std::string& path) {
  const auto found = nodes_.find(path);
  --found->second->status.links;
  found->second->status.changed = now();
  nodes_.erase(found);
}

std::error_code MemoryFiles::rename(const std::string& old_name, const std::string& new_name) {
  std::string from_room, to_room;
  const std::string& from = follow(old_name, from_room);
  const std::string& to = follow(new_name, to_room);
  if (const auto error = check_parent(from)) return error;
  if (const auto error = check_parent(to)) return error;
  Node* const source = find(from);
  if (source == nullptr) return failed(ENOENT);
  Node* const target = find(to);
  if (target == source) return {};
  const bool moves_directory = source->status.type == FileType::directory;
  if (target != nullptr) {
    const bool onto_directory = target->status.type == FileType::directory;
    if (onto_directory && !moves_directory) return failed(EISDIR);
    if (!onto_directory && moves_directory) return failed(ENOTDIR);
    if (onto_directory && has_entries(to)) return failed(ENOTEMPTY);
    drop(to);
  }
  std::map<std::string, NodePtr> moved;
  moved[to] = nodes_[from];
  nodes_.erase(from);
  for (auto entry = nodes_.lower_bound(from + "/");
       entry != nodes_.end() && entry->first.starts_with(from + "/");) {
    moved[to + entry->first.substr(from.size())] = entry->second;
    entry = nodes_.erase(entry);
  }
  nodes_.merge(moved);
  source->status.changed = now();
  stamp_parent(from);
  stamp_parent(to);
  return {};
}

std::error_code MemoryFiles::link(const std::string& old_name, const std::string& new_name) {
  std::string from_room, to_room;
  const std::string& from = follow(old_name, from_room);
  const std::string& to = follow(new_name, to_room);
  Node* source = nullptr;
  if (const auto error = look_up(from, source)) return error;
  if (const auto error = check_parent(to)) return error;
  if (find(to) != nullptr) return failed(EEXIST);
  if (source->status.type == FileType::directory) return failed(EPERM);
  nodes_[to] = nodes_[from];
  ++source->status.links;
  source->status.changed = now();
  stamp_parent(to);
  return {};
}

std::error_code MemoryFiles::unlink(const std::string& named) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  if (node->status.type == FileType::directory) return failed(EISDIR);
  drop(path);
  stamp_parent(path);
  return {};
}

std::error_code MemoryFiles::make_directory(const std::string& named, std::uint32_t mode) {
  std::string room;
  const std::string& path = follow(named, room);
  if (find(path) != nullptr) return failed(EEXIST);
  if (const auto error = check_parent(path)) return error;
  nodes_[path] = make_node(FileType::directory, mode);
  stamp_parent(path);
  return {};
}

std::error_code MemoryFiles::remove_directory(const std::string& named) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  if (node->status.type != FileType::directory) return failed(ENOTDIR);
  if (has_entries(path)) return failed(ENOTEMPTY);
  drop(path);
  stamp_parent(path);
  return {};
}

std::error_code MemoryFiles::create(const std::string& named, const std::string& contents,
                                    std::uint32_t mode) {
  std::string room;
  const std::string& path = follow(named, room);
  if (find(path) != nullptr) return failed(EEXIST);
  if (const auto error = check_parent(path)) return error;
  auto node = make_node(FileType::regular, mode);
  node->contents = contents;
  node->status.size = contents.size();
  nodes_[path] = std::move(node);
  stamp_parent(path);
  return {};
}

std::error_code MemoryFiles::list(const std::string& directory, std::size_t most, Listing& found) {
  found = {};
  std::string room;
  const std::string path = strip_slash(follow(directory, room));
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  if (node->status.type != FileType::directory) return failed(ENOTDIR);
  const std::string prefix = path == "/" ? "/" : path == "." ? "" : path + "/";
  for (const auto& [name, child] : nodes_) {
    if (!name.starts_with(prefix) || name == path || name == "." || name == "/") continue;
    const std::string rest = name.substr(prefix.size());
    if (rest.empty() || rest.find('/') != std::string::npos) continue;
    if (found.names.size() == most) {
      found.complete = false;
      break;
    }
    found.names.push_back(rest);
  }
  return {};
}

std::error_code MemoryFiles::read(const std::string& named, std::size_t most,
                                  std::string& contents) {
  std::string room;
  const std::string& path = follow(named, room);
  contents.clear();
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  switch (node->status.type) {
    case FileType::directory: return failed(EISDIR);
    case FileType::symlink: return failed(ELOOP);
    case FileType::other: return failed(EINVAL);
    case FileType::regular: break;
  }
  if (node->contents.size() > most) return failed(EFBIG);
  contents = node->contents;
  return {};
}

std::error_code MemoryFiles::status(const std::string& named, Revalidate, FileStatus& found) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  found = node->status;
  return {};
}

std::error_code MemoryFiles::touch(const std::string& named) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  if (const auto error = look_up(strip_slash(path), node)) return error;
  if (node->status.type == FileType::symlink) return failed(ELOOP);
  node->status.modified = node->status.changed = now();
  return {};
}

std::error_code MemoryFiles::set_modified(const std::string& named, WallTime time) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  if (const auto error = look_up(path, node)) return error;
  if (node->status.type == FileType::symlink) return failed(ELOOP);
  node->status.modified = ServerTime(time.time_since_epoch());
  node->status.changed = now();
  return {};
}

std::error_code MemoryFiles::sync(const std::string& named) {
  std::string room;
  const std::string& path = follow(named, room);
  Node* node = nullptr;
  return look_up(strip_slash(path), node);
}

std::error_code MemoryFiles::file_system(const std::string& named, FileSystem& found) {
  std::string room;
  const std::string& path = follow(named, room);
  found = {};
  Node* node = nullptr;
  return look_up(strip_slash(path), node);
}

void MemoryFiles::plant(const std::string& path, FileType type) {
  nodes_[path] = make_node(type, 0777);
}

void MemoryFiles::plant_link(const std::string& path, const std::string& target) {
  plant(path, FileType::symlink);
  nodes_[path]->contents = target;
  has_links_ = true;
}

void MemoryFiles::overwrite(const std::string& path, const std::string& contents) {
  Node* node = find(path);
  if (node == nullptr) return;
  node->contents = contents;
  node->status.size = contents.size();
  node->status.modified = node->status.changed = now();
}

std::vector<std::string> MemoryFiles::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, node] : nodes_) {
    if (path != "/" && path != ".") all.push_back(path);
  }
  return all;
}

}  // namespace holdfast::os::testing
