// SPDX-License-Identifier: Apache-2.0
//
// Listing directories of the tree. The position of the placeholder's open file description counts entries: 0 is ".", 1 is "..",
// then the children in their order, so telldir and seekdir work too.
#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "shim/files/attested_calls.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {
namespace {

uint8_t type_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::kCode:
    case NodeKind::kInjected: return DT_REG;
    case NodeKind::kLink: return DT_LNK;
    case NodeKind::kDevice: return DT_CHR;
    default: return DT_DIR;
  }
}

constexpr uint64_t kFirstInode = 2;  // as stat says

// struct linux_dirent64 (modern) or struct linux_dirent, whose type is its last byte. False when there is no room.
bool append(std::vector<uint8_t>& out, size_t room, bool modern, uint64_t inode, uint64_t next, NodeKind kind,
            std::string_view name) {
  const size_t name_offset = modern ? 19 : 18;
  const size_t length = (name_offset + name.size() + (modern ? 1 : 2) + 7) & ~size_t{7};
  if (out.size() + length > room) return false;
  const size_t at = out.size();
  out.resize(at + length);
  const auto length16 = static_cast<uint16_t>(length);
  std::memcpy(&out[at], &inode, 8);
  std::memcpy(&out[at + 8], &next, 8);
  std::memcpy(&out[at + 16], &length16, 2);
  std::memcpy(&out[at + name_offset], name.data(), name.size());
  out[modern ? at + 18 : at + length - 1] = type_of(kind);
  return true;
}

}  // namespace

std::optional<int64_t> list_directory(Call& call, int fd, NodeId id) {
  const Tree& tree = state().tree;
  const Node& directory = tree.node(id);
  if (!directory.is_directory()) return -ENOTDIR;
  const int64_t raw = gate::call(SYS_lseek, static_cast<uint64_t>(fd), 0, SEEK_CUR);
  if (is_error(raw)) return raw;
  const auto first = static_cast<uint64_t>(raw);
  const bool modern = call.number == SYS_getdents64;
  const size_t room = std::min<size_t>(static_cast<uint32_t>(call.args[2]), size_t{64} << 10);
  std::vector<uint8_t> out;
  uint64_t at = 0;
  uint64_t taken = first;
  bool full = false;
  const auto offer = [&](NodeId node, std::string_view name) {
    if (!full && at >= first) {
      full = !append(out, room, modern, node + kFirstInode, at + 1, tree.node(node).kind, name);
      if (!full) taken = at + 1;
    }
    ++at;
  };
  offer(id, ".");
  offer(directory.parent, "..");
  for (const auto& [name, child] : directory.children) {
    if (full) break;
    offer(child, name);
  }
  if (out.empty()) return full ? -EINVAL : 0;
  if (!copy_to_app(call.args[1], out.data(), out.size())) return -EFAULT;
  gate::call(SYS_lseek, static_cast<uint64_t>(fd), taken, SEEK_SET);
  return static_cast<int64_t>(out.size());
}

}  // namespace redoubt::shim::file_namespace
