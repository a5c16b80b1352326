// SPDX-License-Identifier: Apache-2.0
//
// The namespace across exec: nodes in their order, so that their numbers stay the same, the contents of injected files, the
// working directory, and which memory files stand for what. Written by one image for the next in the encoding of wire/codec.h.
#include <string.h>

#include <utility>

#include "shim/files/namespace.h"
#include "shim/files/namespace_state.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/working_directory.h"
#include "wire/codec.h"

namespace redoubt::shim::file_namespace {

namespace {

struct SavedNode {
  NodeKind kind = NodeKind::kDirectory;
  uint32_t parent = 0;
  std::string_view name;
  std::string_view target;
  ByteArray<32> sha256{};
  uint32_t device = 0;
  uint32_t volume = 0;
  uint64_t size = 0;
  uint16_t permission = 0;  // kInjected
  ByteView content;         // kInjected
  bool is_sealed = false;   // of an authenticated volume; then:
  uint16_t mode = 0;
  uint32_t uid = 0, gid = 0;
  uint64_t sequence = 0;
};
// What a node takes at least: numbers, hash, and the lengths of its texts.
constexpr size_t kLeastNode = 86;
constexpr size_t kUsualNode = 128;

struct SavedDescriptor {
  uint64_t inode = 0;
  uint32_t node = 0;
};
struct Saved {
  std::string_view working_directory;
  uint32_t working_volume = 0;
  uint64_t working_inode = 0;
  std::vector<SavedNode> nodes;
  std::vector<SavedDescriptor> descriptors;
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, SavedNode>& m) {
  return a.choice(m.kind, NodeKind::kSealed) && a.number(m.parent) && a.text(m.name) && a.text(m.target) &&
         a.array(m.sha256) && a.number(m.device) && a.number(m.volume) && a.number(m.size) && a.number(m.permission) &&
         a.bytes(m.content) && a.flag(m.is_sealed) && a.number(m.mode) && a.number(m.uid) && a.number(m.gid) &&
         a.number(m.sequence);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, SavedDescriptor>& m) {
  return a.number(m.inode) && a.number(m.node);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, Saved>& m) {
  return a.text(m.working_directory) && a.number(m.working_volume) && a.number(m.working_inode) &&
         wire::messages(a, m.nodes) && wire::messages(a, m.descriptors);
}

// Of an encoded Saved, before it is decoded; no more than there can be.
size_t count_of_nodes(ByteView bytes) {
  wire::Reader reader(bytes);
  std::string_view directory;
  uint32_t volume = 0;
  uint64_t inode = 0;
  uint32_t count = 0;
  return reader.text(directory) && reader.number(volume) && reader.number(inode) && reader.number(count) &&
                 count <= bytes.size() / kLeastNode
             ? count
             : 0;
}

SavedNode saved_node(const State& state, NodeId id) {
  const Node& node = state.tree.node(id);
  SavedNode saved{.kind = node.kind,
                  .parent = node.parent,
                  .name = node.name,
                  .target = node.target,
                  .sha256 = node.sha256,
                  .device = node.device,
                  .volume = node.volume,
                  .size = node.size,
                  .content = {}};
  if (const auto injected = state.injected.find(id); injected != state.injected.end()) {
    saved.permission = injected->second.permission();
    saved.content = injected->second.content();
  }
  if (node.sealed) {
    saved.is_sealed = true;
    saved.mode = node.sealed->mode;
    saved.uid = node.sealed->uid;
    saved.gid = node.sealed->gid;
    saved.sequence = node.sealed->sequence;
  }
  return saved;
}

}  // namespace

void save(std::vector<uint8_t>& out) {
  const BaseDirectory directory = working_directory().get();
  Saved saved{.working_directory = directory.path,
              .working_volume = directory.volume,
              .working_inode = directory.inode,
              .nodes = {},
              .descriptors = {}};
  size_t room = state().tree.size() * kUsualNode;
  saved.nodes.reserve(state().tree.size());
  for (NodeId id = 0; id < state().tree.size(); ++id) {
    saved.nodes.push_back(saved_node(state(), id));
    room += saved.nodes.back().content.size();
  }
  for (const auto& [inode, node] : special::entries()) saved.descriptors.push_back({inode, node});
  Bytes bytes = wire::encode(saved, room);
  if (out.empty()) {
    out = std::move(bytes);
    return;
  }
  out.insert(out.end(), bytes.begin(), bytes.end());
  explicit_bzero(bytes.data(), bytes.size());
}

Result<void> restore(ByteView bytes) {
  Saved saved;
  saved.nodes.reserve(count_of_nodes(bytes));
  if (!wire::decode(bytes, saved) || saved.nodes.empty()) return fail(EINVAL);
  State restored;
  restored.tree.reserve(saved.nodes.size());
  for (NodeId id = 1; id < saved.nodes.size(); ++id) {
    const SavedNode& from = saved.nodes[id];
    const NodeId added = TRY(restored.tree.append_saved(from.parent, from.name, from.kind));
    Node& node = restored.tree.node(added);
    node.target = from.target;
    node.sha256 = from.sha256;
    node.device = from.device;
    if (from.kind == NodeKind::kVolume) restored.tree.set_volume(added, from.volume);
    node.size = from.size;
    if (from.is_sealed) {
      restored.tree.set_sealed(added, {.mode = from.mode, .uid = from.uid, .gid = from.gid, .sequence = from.sequence});
    }
    if (from.kind != NodeKind::kInjected) continue;
    restored.injected.emplace(added, TRY(InjectedFile::create(from.permission, from.content)));
  }
  std::vector<special::Entry> entries;
  for (const SavedDescriptor& descriptor : saved.descriptors) {
    if (descriptor.node >= restored.tree.size()) return fail(EINVAL);
    entries.push_back({descriptor.inode, descriptor.node});
  }
  TRY_VOID(special::restore(entries));
  state() = std::move(restored);
  if (saved.working_inode != 0 && state().tree.root_of_volume(saved.working_volume) == kNoNode) return fail(EINVAL);
  working_directory().set({std::string(saved.working_directory), saved.working_volume, saved.working_inode});
  activate();
  return {};
}

}  // namespace redoubt::shim::file_namespace
