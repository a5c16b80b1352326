// SPDX-License-Identifier: Apache-2.0
//
// Layout of the two records.
#include "shim/files/directory_entries.h"

#include <dirent.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {

constexpr size_t kLargestBuffer = size_t{64} << 10;

uint8_t type_of_node(NodeKind kind) {
  switch (kind) {
    case NodeKind::kCode:
    case NodeKind::kSealed:
    case NodeKind::kInjected: return DT_REG;
    case NodeKind::kLink: return DT_LNK;
    case NodeKind::kDevice: return DT_CHR;
    default: return DT_DIR;
  }
}

EntryBuffer::EntryBuffer(const Call& call)
    : is_modern_(call.number == SYS_getdents64),
      to_(call.args[1]),
      room_(std::min<size_t>(static_cast<uint32_t>(call.args[2]), kLargestBuffer)) {}

bool EntryBuffer::append(const DirectoryRecord& record) {
  const size_t name_offset = is_modern_ ? 19 : 18;
  const size_t length = (name_offset + record.name.size() + (is_modern_ ? 1 : 2) + 7) & ~size_t{7};
  full_ = full_ || bytes_.size() + length > room_;
  if (full_) return false;
  const size_t at = bytes_.size();
  bytes_.resize(at + length);
  const auto length16 = static_cast<uint16_t>(length);
  std::memcpy(&bytes_[at], &record.inode, 8);
  std::memcpy(&bytes_[at + 8], &record.next, 8);
  std::memcpy(&bytes_[at + 16], &length16, 2);
  std::memcpy(&bytes_[at + name_offset], record.name.data(), record.name.size());
  bytes_[is_modern_ ? at + 18 : at + length - 1] = record.type;
  return true;
}

int64_t EntryBuffer::deliver() const {
  if (bytes_.empty()) return full_ ? -EINVAL : 0;
  return copy_to_app(to_, bytes_.data(), bytes_.size()) ? static_cast<int64_t>(bytes_.size()) : -EFAULT;
}

}  // namespace redoubt::shim::file_namespace
