// SPDX-License-Identifier: Apache-2.0
//
// The directory tree that an attested program sees, as data: built from the session's manifest before the program runs, constant
// afterwards. Nothing in here asks the host. Nodes have numbers, which are the same in every image of the runtime that was given
// the same manifest, and stand in for inode numbers.
//
// A node of kind kHost, kKernel or kVolume is a mount: below it the host, or a protected volume, answers. It may still have
// children here: files injected into it and other mounts, which hide what is below it under that name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace redoubt::shim {

using NodeId = uint32_t;
inline constexpr NodeId kRootNode = 0;
inline constexpr NodeId kNoNode = UINT32_MAX;
inline constexpr uint64_t kUnknownSize = UINT64_MAX;

enum class NodeKind : uint8_t {
  kDirectory,  // what the paths of other nodes imply
  kCode,       // a file of the session with its hash
  kLink,       // a symbolic link
  kInjected,   // a file that only the shim's memory holds
  kHost,       // a directory of the host, with everything below it
  kKernel,     // the same of procfs or sysfs: read-only but for the process's own files
  kDevice,     // a device of the host
  kVolume,     // a protected volume, or a directory of it that leads to something of this tree
  kSealed,     // a file of an authenticated volume with its hash: like kCode, but never executable
};

// What the seal of an authenticated volume says of a file, directory or link, beside its hash and size.
struct SealedAttributes {
  uint16_t mode = 0;
  uint32_t uid = 0, gid = 0;
  uint64_t sequence = 0;  // of the seal
};

struct Node {
  NodeKind kind = NodeKind::kDirectory;
  NodeId parent = kRootNode;
  std::string name;
  std::string target;  // of a link; of a mount or device, its path on the host; of a volume, where its ciphertext lies
  ByteArray<32> sha256{};       // kCode, kSealed
  uint32_t device = 0;          // kDevice: what its number must be (new_encode_dev), 0: any
  uint32_t volume = 0;          // kVolume: which, as in volumes/mounts.h
  uint32_t subdirectories = 0;  // for the link count
  uint64_t size =
      kUnknownSize;  // kCode: of the verified bytes, once they were seen; later, but always to the same value
  std::optional<SealedAttributes> sealed;  // of what an authenticated volume has; then `size` is the seal's
  std::map<std::string, NodeId, std::less<>> children;

  bool is_mount() const { return kind == NodeKind::kHost || kind == NodeKind::kKernel || kind == NodeKind::kVolume; }
  bool has_hash() const { return kind == NodeKind::kCode || kind == NodeKind::kSealed; }
  bool is_directory() const { return kind == NodeKind::kDirectory || is_mount(); }
};

// Absolute, without empty components, ".", ".." or a slash at the end; "/" itself is normal. No component above NAME_MAX bytes,
// no NUL.
bool is_normal_path(std::string_view path);

class Tree {
 public:
  Tree();

  // Adds a node and the directories above it. EINVAL: the path is not normal. EEXIST: something else is there (for a mount: also
  // a directory that holds something). ENOTDIR: a file or a link is on the way.
  Result<NodeId> add(std::string_view path, NodeKind kind);
  // Mounts a volume. What is in the tree below `path` already, files and mounts, stays visible there. EINVAL: the path is not
  // normal, or "/". EEXIST: something that is no plain directory is there. ENOTDIR. `host_directory`: where its ciphertext lies.
  Result<NodeId> add_volume(std::string_view path, uint32_t volume, std::string_view host_directory);
  // Where a volume is mounted; kNoNode when it is not.
  NodeId root_of_volume(uint32_t volume) const { return volume < volumes_.size() ? volumes_[volume] : kNoNode; }
  // Makes a file with a hash an injected one, or adds an injected file.
  Result<NodeId> add_injected(std::string_view path);

  const Node& node(NodeId id) const { return nodes_[id]; }
  Node& node(NodeId id) { return nodes_[id]; }
  size_t size() const { return nodes_.size(); }
  // From here on it is one of an authenticated volume.
  void set_sealed(NodeId id, const SealedAttributes& attributes);
  bool holds_sealed() const { return holds_sealed_; }
  NodeId child(NodeId directory, std::string_view name) const;
  // The node at a normal path, links not followed; kNoNode when there is none.
  NodeId find(std::string_view path) const;
  std::string path_of(NodeId id) const;
  // Where a canonical path of the host appears: its path in the tree, empty when it is below no mount.
  std::string path_of_host(std::string_view host_path) const;

  // For a tree that is restored node by node. EINVAL: the parent is no directory before it, or has such a child.
  Result<NodeId> append_saved(NodeId parent, std::string_view name, NodeKind kind);
  void reserve(size_t nodes) { nodes_.reserve(nodes); }
  // Of a restored node of kind kVolume, after its parent.
  void set_volume(NodeId id, uint32_t volume);

 private:
  NodeId append(NodeId parent, std::string_view name, NodeKind kind);
  void make_volume(NodeId id, uint32_t volume);

  std::vector<Node> nodes_;
  std::vector<NodeId> volumes_;  // where each is mounted
  bool holds_sealed_ = false;
};

}  // namespace redoubt::shim
