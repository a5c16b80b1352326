// SPDX-License-Identifier: Apache-2.0
//
// Told by the descriptor's inode, whatever its hint says: a code file may have come over a socket.
#include "shim/files/mapping_rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "shim/files/namespace_state.h"
#include "shim/files/special_descriptors.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::file_namespace {
namespace {

MappingRule injected_rule(NodeId node, int protection, int flags, int fd) {
  const int64_t mode = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFL);
  if (is_error(mode) || (mode & O_PATH) != 0) return {.refusal = EBADF};
  if ((mode & O_ACCMODE) == O_WRONLY || (protection & PROT_EXEC) != 0) return {.refusal = EACCES};
  const bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
  if (shared && (protection & PROT_WRITE) != 0) return {.refusal = ENODEV};
  return {.never_executable = true, .content = &state().injected.at(node)};
}

}  // namespace

MappingRule mapping_rule(const Call& call) {
  const int protection = call.int_arg(2);
  const int flags = call.int_arg(3);
  const int fd = call.int_arg(4);
  if ((flags & MAP_ANONYMOUS) != 0) return {};
  const NodeId node = (protection & PROT_EXEC) != 0 ? special::node_of_any(fd) : special::node_of(fd);
  if (node == kNoNode) {
    const bool is_open = !is_error(gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFD));
    if ((protection & PROT_EXEC) != 0 && is_open) return {.refusal = EACCES};
    return {.never_executable = true};
  }
  switch (state().tree.node(node).kind) {
    case NodeKind::kCode: return {};
    case NodeKind::kSealed:
      if ((protection & PROT_EXEC) != 0) return {.refusal = EACCES};
      return {.never_executable = true};
    case NodeKind::kInjected: return injected_rule(node, protection, flags, fd);
    default: return {.refusal = ENODEV};
  }
}

}  // namespace redoubt::shim::file_namespace
