// SPDX-License-Identifier: Apache-2.0
//
// Descriptors of an attested program that are not what the kernel thinks. Each is a memory file:
//
//   code                    sealed, holds the verified bytes: reading, seeking and mapping are the kernel's own
//   injected, directory,    sealed and empty: a placeholder that gives number, offset, open mode, close-on-exec, dup, fork and exec
//   link                    their lifetime; what the program reads comes from the shim
//
// Which node of the tree a descriptor stands for says the inode of its memory file, so all copies of an open file agree however
// they were made. To keep other descriptors fast, a bit for each number says whether it may be one; a wrong bit costs an fstat.
//
// The tables have a fixed place and no locks: vfork children use them too, and may die at any instruction.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "shim/files/tree.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::special {

inline constexpr int kTrackedDescriptors = 65536;
extern std::atomic<uint8_t> hints[kTrackedDescriptors / 8];

// False: certainly an ordinary descriptor.
inline bool may_be(int fd) {
  if (fd < 0) return false;
  if (fd >= kTrackedDescriptors) return true;
  return (hints[fd / 8].load(std::memory_order_relaxed) >> (fd % 8) & 1) != 0;
}
void hint(int fd);

// The node that `fd` stands for, or kNoNode. Looks at the hint first.
NodeId node_of(int fd);
// The same whatever the hint says: for descriptors that came from elsewhere.
NodeId node_of_any(int fd);
// Whether it is a node of the tree or an open file of a volume, whatever the hint says: nothing to be had over a socket.
bool is_ours(int fd);
// By the identity of a memory file, as in a line of /proc/PID/maps.
bool is_memory_file(uint64_t device);

// Open files of volumes (volumes/mounts.h) are descriptions of one memory file, which the table below does not have: nodes they
// stand for none. From here on `fd`'s is that file. False when it cannot be told.
bool know_volume_handles(int fd);
// Looks at the hint first.
bool is_volume_handle(int fd);

// A memory file named after `path` that can be sealed, close-on-exec.
Result<OwnedFd> memory_file(std::string_view path);
// From here on nobody can change it.
Result<void> seal(int fd);
// Opens a sealed one anew with `flags` under its own number: the descriptor that the program gets.
Result<int> publish(OwnedFd file, NodeId node, int flags);
// A sealed, empty one.
Result<int> placeholder(NodeId node, std::string_view path, int flags);

// After exec: every descriptor of the process may be one until it was looked at.
void hint_open_descriptors();

// Across exec: inodes and their nodes.
struct Entry {
  uint64_t inode;
  NodeId node;
};
std::vector<Entry> entries();
Result<void> restore(const std::vector<Entry>& entries);

}  // namespace redoubt::shim::special
