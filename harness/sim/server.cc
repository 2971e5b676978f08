#include "harness/sim/server.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::harness::sim {

const char* word(Call call) {
  switch (call) {
    case Call::rename: return "rename";
    case Call::link: return "link";
    case Call::unlink: return "unlink";
    case Call::make_directory: return "mkdir";
    case Call::remove_directory: return "rmdir";
    case Call::create: return "create";
    case Call::list: return "list";
    case Call::read: return "read";
    case Call::status: return "stat";
    case Call::touch: return "touch";
    case Call::set_modified: return "utime";
    case Call::sync: return "fsync";
    case Call::file_system: return "statfs";
  }
  return "?";
}

void Server::reset(const ServerSetting& setting) {
  setting_ = setting;
  served_ = restarted_at_ = 0;
  images_.clear();
  changes_ = 0;
  maker_ = kNobody;
  made_ = {};
  ++structure_;
  used_ = 1;
  if (nodes_.empty()) nodes_.emplace_back();
  set_now({});
  make_node(os::FileType::directory, 0777, 0);
}

void Server::set_now(Duration now) {
  Duration shown = now + setting_.offset;
  if (setting_.tick > Duration::zero()) shown -= shown % setting_.tick;
  now_ = os::ServerTime(shown);
}

const Node* Server::find(Inode inode) const {
  if (inode == 0 || inode >= used_ || nodes_[inode].status.links == 0) return nullptr;
  return &nodes_[inode];
}

Node* Server::live(Inode inode) { return const_cast<Node*>(find(inode)); }

Entry* Server::entry(Node& directory, std::string_view name) {
  for (Entry& one : directory.entries) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Inode Server::look_up(Inode directory, std::string_view name) const {
  const Node* const node = find(directory);
  if (node == nullptr) return 0;
  for (const Entry& one : node->entries) {
    if (one.name == name) return one.inode;
  }
  return 0;
}

void Server::erase(Node& directory, std::string_view name) {
  Entry* const gone = entry(directory, name);
  std::swap(*gone, directory.entries.back());
  directory.entries.pop_back();
}

/// Memory of earlier schedules is used again.
Inode Server::make_node(os::FileType type, std::uint32_t mode, Inode parent) {
  if (used_ == nodes_.size()) nodes_.emplace_back();
  const auto inode = static_cast<Inode>(used_++);
  Node& node = nodes_[inode];
  node.status = {};
  node.status.type = type;
  node.status.device = 1;
  node.status.inode = inode;
  node.status.links = 1;
  node.status.mode = mode;
  node.version = 0;
  node.contents.clear();
  node.entries.clear();
  node.parent = parent;
  node.maker = static_cast<std::uint8_t>(maker_);
  node.which = made_[maker_]++;
  stamp(node, true);
  return inode;
}

void Server::stamp(Node& node, bool contents_too) {
  node.status.changed = now_;
  if (contents_too) node.status.modified = now_;
  ++node.version;
}

bool Server::is_within(Inode inode, Inode directory) const {
  for (; inode != 0; inode = nodes_[inode].parent) {
    if (inode == directory) return true;
  }
  return false;
}

int Server::execute(const Request& request) {
  if (changes_anything(request.call)) ++served_;
  if (!changes_names(request.call)) return apply(request);
  const bool can_forget = setting_.volatile_changes > 0;
  if (can_forget) {
    images_.push_back({{nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(used_)}});
  }
  const int error = apply(request);
  if (error == 0) ++changes_;
  if (can_forget && error != 0) images_.pop_back();
  if (images_.size() > setting_.volatile_changes) images_.pop_front();
  return error;
}

int Server::apply(const Request& request) {
  switch (request.call) {
    case Call::rename: return rename(request);
    case Call::link: return link(request);
    case Call::unlink:
    case Call::remove_directory: return remove(request);
    case Call::make_directory: return make(request, os::FileType::directory);
    case Call::create: return make(request, os::FileType::regular);
    case Call::touch:
    case Call::set_modified: return set_times(request);
    default: return live(request.file) != nullptr ? 0 : ESTALE;
  }
}

int Server::rename(const Request& request) {
  Node* const from = live(request.from.directory);
  Node* const to = live(request.place.directory);
  if (from == nullptr || to == nullptr) return ESTALE;
  Entry* const source = entry(*from, request.from.name);
  if (source == nullptr) return ENOENT;
  const Inode moved = touched_ = source->inode;
  Node& node = nodes_[moved];
  const bool moves_directory = node.status.type == os::FileType::directory;
  if (moves_directory && is_within(request.place.directory, moved)) return EINVAL;
  if (Entry* const target = entry(*to, request.place.name)) {
    if (target->inode == moved) return 0;
    Node& replaced = nodes_[target->inode];
    const bool onto_directory = replaced.status.type == os::FileType::directory;
    if (onto_directory && !moves_directory) return EISDIR;
    if (!onto_directory && moves_directory) return ENOTDIR;
    if (onto_directory && !replaced.entries.empty()) return ENOTEMPTY;
    --replaced.status.links;
    stamp(replaced, false);
    target->inode = moved;
    erase(*from, request.from.name);
  } else if (from == to) {
    source->name.assign(request.place.name);
  } else {
    to->entries.push_back({std::string(request.place.name), moved});
    erase(*from, request.from.name);
  }
  if (moves_directory) {
    node.parent = request.place.directory;
    ++structure_;
  }
  stamp(node, false);
  stamp(*from, true);
  if (from != to) stamp(*to, true);
  return 0;
}

int Server::link(const Request& request) {
  Node* const file = live(request.file);
  Node* const to = live(request.place.directory);
  if (file == nullptr || to == nullptr) return ESTALE;
  if (entry(*to, request.place.name) != nullptr) return EEXIST;
  if (file->status.type == os::FileType::directory) return EPERM;
  to->entries.push_back({std::string(request.place.name), request.file});
  touched_ = request.file;
  ++file->status.links;
  stamp(*file, false);
  stamp(*to, true);
  return 0;
}

int Server::remove(const Request& request) {
  Node* const from = live(request.place.directory);
  if (from == nullptr) return ESTALE;
  const Entry* const found = entry(*from, request.place.name);
  if (found == nullptr) return ENOENT;
  Node& node = nodes_[found->inode];
  const bool is_directory = node.status.type == os::FileType::directory;
  if (request.call == Call::unlink && is_directory) return EISDIR;
  if (request.call == Call::remove_directory && !is_directory) return ENOTDIR;
  if (is_directory && !node.entries.empty()) return ENOTEMPTY;
  if (is_directory) ++structure_;
  touched_ = found->inode;
  --node.status.links;
  stamp(node, false);
  erase(*from, request.place.name);
  stamp(*from, true);
  return 0;
}

int Server::make(const Request& request, os::FileType type) {
  Node* const to = live(request.place.directory);
  if (to == nullptr) return ESTALE;
  if (entry(*to, request.place.name) != nullptr) return EEXIST;
  const Inode made = touched_ = make_node(type, request.mode, request.place.directory);
  Node& directory = nodes_[request.place.directory];  // nodes_ may have moved
  nodes_[made].contents.assign(request.contents);
  nodes_[made].status.size = request.contents.size();
  directory.entries.push_back({std::string(request.place.name), made});
  stamp(directory, true);
  return 0;
}

int Server::set_times(const Request& request) {
  Node* const node = live(request.file);
  if (node == nullptr) return ESTALE;
  stamp(*node, true);
  if (request.call == Call::set_modified) node->status.modified = request.time;
  return 0;
}

void Server::plant(Place place, os::FileType type) {
  const Inode made = make_node(type, 0777, place.directory);
  nodes_[place.directory].entries.push_back({std::string(place.name), made});
}

std::size_t Server::crash(std::size_t most) {
  restarted_at_ = served_;
  const std::size_t forgotten = std::min(most, images_.size());
  if (forgotten == 0) return 0;
  nodes_ = std::move(images_[images_.size() - forgotten].nodes);
  nodes_.resize(used_);  // handles of what is forgotten are stale, and stay so
  images_.clear();
  ++structure_;
  return forgotten;
}

}  // namespace holdfast::harness::sim
