// SPDX-License-Identifier: Apache-2.0
//
// Building and asking the tree.
#include "shim/files/tree.h"

#include <climits>

namespace redoubt::shim {
namespace {

// Takes the first component off a path without leading slashes.
std::string_view take_component(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view component = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return component;
}

}  // namespace

bool is_normal_path(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.size() >= PATH_MAX || path.find('\0') != std::string_view::npos) return false;
  std::string_view rest = path.substr(1);
  if (rest.ends_with('/')) return false;
  while (!rest.empty()) {
    const std::string_view component = take_component(rest);
    if (component.empty() || component == "." || component == ".." || component.size() > NAME_MAX) return false;
  }
  return true;
}

Tree::Tree() { nodes_.emplace_back(); }

NodeId Tree::append(NodeId parent, std::string_view name, NodeKind kind) {
  const auto id = static_cast<NodeId>(nodes_.size());
  Node& added = nodes_.emplace_back();
  added.kind = kind;
  added.parent = parent;
  added.name = name;
  if (added.is_directory()) ++nodes_[parent].subdirectories;
  auto& children = nodes_[parent].children;
  children.emplace_hint(children.end(), name, id);  // manifests are sorted
  return id;
}

Result<NodeId> Tree::add(std::string_view path, NodeKind kind) {
  if (!is_normal_path(path) || path == "/") return fail(EINVAL);
  NodeId at = kRootNode;
  std::string_view rest = path.substr(1);
  while (true) {
    const std::string_view name = take_component(rest);
    const NodeId next = child(at, name);
    if (next == kNoNode) {
      if (rest.empty()) return append(at, name, kind);
      const Node& parent = nodes_[at];
      // A directory on the way to a file that is injected below a mount is a mount itself: what else it holds stays visible.
      const NodeKind implied = parent.is_mount() ? parent.kind : NodeKind::kDirectory;
      const std::string target = parent.is_mount() ? parent.target + "/" + std::string(name) : std::string();
      const uint32_t volume = parent.volume;
      at = append(at, name, implied);
      nodes_[at].target = target;
      nodes_[at].volume = volume;
      continue;
    }
    if (rest.empty()) {
      if (kind == NodeKind::kDirectory && nodes_[next].is_directory()) return next;
      return fail(EEXIST);
    }
    if (!nodes_[next].is_directory()) return fail(ENOTDIR);
    at = next;
  }
}

// Directories that only lead to other things become directories of the volume: what else they hold comes from it.
void Tree::make_volume(NodeId id, uint32_t volume) {
  nodes_[id].kind = NodeKind::kVolume;
  nodes_[id].volume = volume;
  for (const auto& [name, child] : nodes_[id].children) {
    if (nodes_[child].kind == NodeKind::kDirectory) make_volume(child, volume);
  }
}

Result<NodeId> Tree::add_volume(std::string_view path, uint32_t volume, std::string_view host_directory) {
  const NodeId present = is_normal_path(path) && path != "/" ? find(path) : kNoNode;
  if (present != kNoNode && nodes_[present].kind != NodeKind::kDirectory) return fail(EEXIST);
  const NodeId id = present != kNoNode ? present : TRY(add(path, NodeKind::kVolume));
  make_volume(id, volume);
  nodes_[id].target = host_directory;
  set_volume(id, volume);
  return id;
}

void Tree::set_volume(NodeId id, uint32_t volume) {
  nodes_[id].volume = volume;
  const Node& parent = nodes_[nodes_[id].parent];
  if (parent.kind == NodeKind::kVolume && parent.volume == volume) return;  // a directory inside it
  if (volumes_.size() <= volume) volumes_.resize(size_t{volume} + 1, kNoNode);
  volumes_[volume] = id;
}

Result<NodeId> Tree::add_injected(std::string_view path) {
  const NodeId present = is_normal_path(path) ? find(path) : kNoNode;
  if (present == kNoNode) return add(path, NodeKind::kInjected);
  Node& node = nodes_[present];
  if (node.is_directory()) return fail(EISDIR);
  if (node.kind == NodeKind::kLink || node.kind == NodeKind::kDevice) return fail(EEXIST);
  node.kind = NodeKind::kInjected;
  node.sealed.reset();
  return present;
}

Result<NodeId> Tree::append_saved(NodeId parent, std::string_view name, NodeKind kind) {
  if (parent >= nodes_.size() || !nodes_[parent].is_directory() || name.empty()) return fail(EINVAL);
  if (child(parent, name) != kNoNode) return fail(EINVAL);
  return append(parent, name, kind);
}

void Tree::set_sealed(NodeId id, const SealedAttributes& attributes) {
  nodes_[id].sealed = attributes;
  holds_sealed_ = true;
}

NodeId Tree::child(NodeId directory, std::string_view name) const {
  const auto& children = nodes_[directory].children;
  const auto found = children.find(name);
  return found == children.end() ? kNoNode : found->second;
}

NodeId Tree::find(std::string_view path) const {
  NodeId at = kRootNode;
  std::string_view rest = path.substr(1);
  while (!rest.empty() && at != kNoNode) at = child(at, take_component(rest));
  return at;
}

std::string Tree::path_of(NodeId id) const {
  if (id == kRootNode) return "/";
  std::string path;
  for (; id != kRootNode; id = nodes_[id].parent) path.insert(0, "/" + nodes_[id].name);
  return path;
}

std::string Tree::path_of_host(std::string_view host_path) const {
  NodeId best = kNoNode;
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    const Node& mount = nodes_[id];
    if (!mount.is_mount() || mount.kind == NodeKind::kVolume || !host_path.starts_with(mount.target)) continue;
    const std::string_view below = host_path.substr(mount.target.size());
    if (!below.empty() && below[0] != '/') continue;
    if (best == kNoNode || mount.target.size() > nodes_[best].target.size()) best = id;
  }
  if (best == kNoNode) return {};
  return path_of(best) + std::string(host_path.substr(nodes_[best].target.size()));
}

}  // namespace redoubt::shim
