// SPDX-License-Identifier: Apache-2.0
//
// Listing directories of the tree. The position of the placeholder's open file description counts entries: 0 is ".", 1 is "..",
// then the children in their order, so telldir and seekdir work too.
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/files/attested_calls.h"
#include "shim/files/directory_entries.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::file_namespace {

std::optional<int64_t> list_directory(Call& call, int fd, NodeId id) {
  const Tree& tree = state().tree;
  const Node& directory = tree.node(id);
  if (!directory.is_directory()) return -ENOTDIR;
  const int64_t raw = gate::call(SYS_lseek, static_cast<uint64_t>(fd), 0, SEEK_CUR);
  if (is_error(raw)) return raw;
  const auto first = static_cast<uint64_t>(raw);
  EntryBuffer out(call);
  uint64_t at = 0;
  uint64_t taken = first;
  bool full = false;
  const auto offer = [&](NodeId node, std::string_view name) {
    if (!full && at >= first) {
      full = !out.append({node + kFirstNodeInode, at + 1, type_of_node(tree.node(node).kind), name});
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
  const int64_t result = out.deliver();
  if (result > 0) gate::call(SYS_lseek, static_cast<uint64_t>(fd), taken, SEEK_SET);
  return result;
}

}  // namespace redoubt::shim::file_namespace
