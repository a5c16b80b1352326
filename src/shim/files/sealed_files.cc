// SPDX-License-Identifier: Apache-2.0
//
// From a seal to nodes.
#include "shim/files/sealed_files.h"

#include "shim/files/credentials.h"
#include "shim/files/permission.h"

namespace redoubt::shim {
namespace {

using volume::SealedEntry;

NodeKind kind_of(const SealedEntry& entry, NodeKind files) {
  switch (entry.kind) {
    case SealedEntry::Kind::kDirectory: return NodeKind::kDirectory;
    case SealedEntry::Kind::kFile: return files;
    case SealedEntry::Kind::kLink: return NodeKind::kLink;
  }
  return NodeKind::kDirectory;
}

uint32_t type_of(const Node& node) {
  if (node.has_hash()) return S_IFREG;
  return node.kind == NodeKind::kLink ? S_IFLNK : S_IFDIR;
}

uint64_t size_of(const Node& node) {
  if (node.kind == NodeKind::kLink) return node.target.size();
  return node.has_hash() ? node.size : 0;
}

Result<void> add_entry(Tree& tree, const std::string& path, const SealedEntry& entry, uint64_t sequence,
                       NodeKind files) {
  const NodeKind kind = kind_of(entry, files);
  const NodeId present = is_normal_path(path) ? tree.find(path) : kNoNode;
  if (present != kNoNode && tree.node(present).kind == NodeKind::kInjected && kind == files) return {};
  const NodeId added = TRY(tree.add(path, kind));
  Node& node = tree.node(added);
  if (node.kind != kind) return fail(EEXIST);
  node.target = entry.target;
  if (kind == files) {
    node.sha256 = entry.sha256;
    node.size = entry.size;
  }
  tree.set_sealed(added, {.mode = entry.mode, .uid = entry.uid, .gid = entry.gid, .sequence = sequence});
  return {};
}

}  // namespace

Result<void> add_sealed_tree(Tree& tree, std::string_view path, const volume::SealedTree& seal, NodeKind files,
                             std::string* culprit) {
  *culprit = path;
  const NodeId root = TRY(tree.add(path, NodeKind::kDirectory));
  if (tree.node(root).kind != NodeKind::kDirectory) return fail(EEXIST);
  for (const SealedEntry& entry : seal.entries) {
    *culprit = std::string(path) + "/" + entry.path;
    TRY_VOID(add_entry(tree, *culprit, entry, seal.sequence, files));
  }
  return {};
}

namespace {

// Of a node that is of no seal, which nobody asks for: nobody's rights.
SealedAttributes sealed_of(const Node& node) { return node.sealed.value_or(SealedAttributes{}); }

}  // namespace

volume::Attributes sealed_attributes(const Node& node) {
  const SealedAttributes sealed = sealed_of(node);
  volume::Attributes attributes;
  attributes.mode = type_of(node) | sealed.mode;
  attributes.uid = sealed.uid;
  attributes.gid = sealed.gid;
  attributes.size = size_of(node);
  return attributes;
}

struct stat stat_of_sealed(const Node& node) {
  const SealedAttributes sealed = sealed_of(node);
  struct stat status {};
  status.st_mode = type_of(node) | sealed.mode;
  status.st_uid = sealed.uid;
  status.st_gid = sealed.gid;
  status.st_size = static_cast<off_t>(size_of(node));
  status.st_atim.tv_sec = status.st_mtim.tv_sec = status.st_ctim.tv_sec = static_cast<time_t>(sealed.sequence);
  return status;
}

Result<void> may_use_sealed(const Node& node, int wanted) {
  if (!node.sealed || wanted == 0) return {};
  return permission::may(sealed_attributes(node), credentials(), wanted);
}

}  // namespace redoubt::shim
