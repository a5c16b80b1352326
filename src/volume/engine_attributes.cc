// SPDX-License-Identifier: Apache-2.0
//
// Attributes, and extended ones.
#include <sys/stat.h>
#include <sys/xattr.h>

#include "volume/engine.h"

namespace redoubt::volume {
namespace {

constexpr size_t kLargestExtended = 65536;  // XATTR_SIZE_MAX

}  // namespace

Result<Attributes> Engine::attributes(InodeNumber number) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(inode_of(number));
  return inode->attributes;
}

Result<void> Engine::change(InodeNumber number, const AttributeChange& change) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  TRY_VOID(inode_of(number));
  Operation& op = operation_;
  op.reset(Kind::kChange);
  op.inode = number;
  op.time = now();
  if (change.permissions) op.flags |= kChangePermissions, op.mode = *change.permissions;
  if (change.uid) op.flags |= kChangeUid, op.uid = *change.uid;
  if (change.gid) op.flags |= kChangeGid, op.gid = *change.gid;
  if (change.accessed) op.flags |= kChangeAccessed, op.accessed = *change.accessed;
  if (change.modified) op.flags |= kChangeModified, op.modified = *change.modified;
  return append_record(op);
}

Result<std::vector<uint8_t>> Engine::extended(InodeNumber number, std::string_view name) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(inode_of(number));
  if (inode->extended == nullptr) return fail(ENODATA);
  const auto it = inode->extended->find(name);
  if (it == inode->extended->end()) return fail(ENODATA);
  return it->second;
}

Result<void> Engine::set_extended(InodeNumber number, std::string_view name, ByteView value, int flags) {
  if (name.empty() || name.size() > kLongestName) return fail(ERANGE);
  if (value.size() > kLargestExtended) return fail(E2BIG);
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) != 0) return fail(EINVAL);
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(inode_of(number));
  const bool exists = inode->extended != nullptr && inode->extended->contains(name);
  if (exists && (flags & XATTR_CREATE) != 0) return fail(EEXIST);
  if (!exists && (flags & XATTR_REPLACE) != 0) return fail(ENODATA);
  Operation& op = operation_;
  op.reset(Kind::kSetExtended);
  op.inode = number;
  op.time = now();
  op.name = name;
  op.value = as_text(value);
  return append_record(op);
}

Result<void> Engine::remove_extended(InodeNumber number, std::string_view name) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(inode_of(number));
  if (inode->extended == nullptr || !inode->extended->contains(name)) return fail(ENODATA);
  Operation& op = operation_;
  op.reset(Kind::kRemoveExtended);
  op.inode = number;
  op.time = now();
  op.name = name;
  return append_record(op);
}

Result<std::vector<std::string>> Engine::list_extended(InodeNumber number) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(inode_of(number));
  std::vector<std::string> names;
  if (inode->extended != nullptr) {
    for (const auto& [name, value] : *inode->extended) names.push_back(name);
  }
  return names;
}

}  // namespace redoubt::volume
