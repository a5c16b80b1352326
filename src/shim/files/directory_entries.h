// SPDX-License-Identifier: Apache-2.0
//
// What getdents and getdents64 give to a program: records of struct linux_dirent64, or of struct linux_dirent, whose type is its
// last byte (getdents(2)).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shim/files/tree.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::file_namespace {

constexpr uint64_t kFirstNodeInode = 2;  // of node 0, as stat says

uint8_t type_of_node(NodeKind kind);  // DT_*

struct DirectoryRecord {
  uint64_t inode;
  uint64_t next;  // the position after it
  uint8_t type;
  std::string_view name;
};

// The buffer of one call.
class EntryBuffer {
 public:
  explicit EntryBuffer(const Call& call);
  // False when there is no room, then and ever after.
  bool append(const DirectoryRecord& record);
  // Copies what was appended to the program: its size, EINVAL when not even one record had room, EFAULT.
  int64_t deliver() const;

 private:
  bool is_modern_;
  uint64_t to_;
  size_t room_;
  bool full_ = false;
  std::vector<uint8_t> bytes_;
};

}  // namespace redoubt::shim::file_namespace
