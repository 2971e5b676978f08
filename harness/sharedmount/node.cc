#include "harness/sharedmount/node.h"

namespace holdfast::harness::mount {

Node::~Node() { nodes.nodes_.erase(key); }

std::string Node::path() const { return parent ? parent->path(name) : name; }

std::string Node::path(const std::string& entry) const {
  const std::string folder = path();
  return folder.empty() ? entry : folder + "/" + entry;
}

NodePtr Nodes::find(const NodeKey& key) const {
  const auto at = nodes_.find(key);
  return at == nodes_.end() ? nullptr : at->second.lock();
}

std::vector<NodePtr> Nodes::all() const {
  std::vector<NodePtr> found;
  for (const auto& [key, node] : nodes_) {
    if (NodePtr one = node.lock()) found.push_back(std::move(one));
  }
  return found;
}

GivenTimes Nodes::given(const Node& node) const {
  const auto at = given_.find({node.key.device, node.key.inode, 0});
  return at == given_.end() ? GivenTimes() : at->second;
}

void Nodes::give(const Node& node, const GivenTimes& times) {
  given_[{node.key.device, node.key.inode, 0}] = times;
}

void Nodes::forget_given(const NodeKey& file) { given_.erase(file); }

NodePtr Nodes::add(const NodeKey& key, mode_t type, Descriptor file) {
  auto made = std::make_shared<Node>(*this, key, type, ++last_id_, std::move(file));
  nodes_[key] = made;
  return made;
}

}  // namespace holdfast::harness::mount
