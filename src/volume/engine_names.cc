// SPDX-License-Identifier: Apache-2.0
//
// Names: the rules of directories, and the records that change them.
#include <linux/fs.h>
#include <sys/stat.h>

#include "volume/engine.h"

namespace redoubt::volume {
namespace {

Result<void> check_name(std::string_view name) {
  if (name.size() > kLongestName) return fail(ENAMETOOLONG);
  if (!is_name(name)) return fail(EINVAL);
  return {};
}

}  // namespace

Result<InodeNumber> Engine::lookup(InodeNumber directory, std::string_view name) {
  const IndexLock lock = TRY(reading());
  Inode* inode = TRY(directory_of(directory));
  if (name.size() > kLongestName) return fail(ENAMETOOLONG);
  const Entry* entry = view_.index.find(*inode, name);
  if (entry == nullptr) return fail(ENOENT);
  return entry->inode;
}

Result<InodeNumber> Engine::parent(InodeNumber directory) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(directory_of(directory));
  return inode->parent;
}

Result<InodeNumber> Engine::create(InodeNumber directory, std::string_view name, uint32_t mode, uint32_t uid,
                                   uint32_t gid, uint32_t device, std::string_view target) {
  TRY_VOID(check_name(name));
  if (S_ISLNK(mode) ? target.empty() || target.size() >= 4096 : !target.empty()) return fail(EINVAL);
  if ((mode & S_IFMT) == 0) mode |= S_IFREG;
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  Inode* parent = TRY(directory_of(directory));
  if (parent->attributes.links == 0) return fail(ENOENT);
  if (view_.index.find(*parent, name) != nullptr) return fail(EEXIST);
  Operation& op = operation_;
  op.reset(Kind::kCreate);
  op.directory = directory;
  op.inode = view_.index.next_inode;
  op.mode = mode;
  op.uid = uid;
  op.gid = gid;
  op.device = device;
  op.time = now();
  op.name = name;
  op.value = target;
  TRY_VOID(append_record(op));
  return op.inode;
}

Result<InodeNumber> Engine::create_nameless(uint32_t mode, uint32_t uid, uint32_t gid) {
  if ((mode & S_IFMT) == 0) mode |= S_IFREG;
  if (!S_ISREG(mode)) return fail(EINVAL);
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  Operation& op = operation_;
  op.reset(Kind::kCreate);
  op.inode = view_.index.next_inode;
  op.mode = mode;
  op.uid = uid;
  op.gid = gid;
  op.time = now();
  TRY_VOID(append_record(op));
  return op.inode;
}

Result<void> Engine::link(InodeNumber number, InodeNumber directory, std::string_view name) {
  TRY_VOID(check_name(name));
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(inode_of(number));
  Inode* parent = TRY(directory_of(directory));
  if (inode->is_directory()) return fail(EPERM);
  if (parent->attributes.links == 0) return fail(ENOENT);
  if (view_.index.find(*parent, name) != nullptr) return fail(EEXIST);
  if (inode->attributes.links >= 65000) return fail(EMLINK);
  Operation& op = operation_;
  op.reset(Kind::kLink);
  op.directory = directory;
  op.inode = number;
  op.time = now();
  op.name = name;
  return append_record(op);
}

Result<void> Engine::unlink(InodeNumber directory, std::string_view name, bool is_directory) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  Inode* parent = TRY(directory_of(directory));
  const Entry* entry = view_.index.find(*parent, name);
  if (entry == nullptr) return fail(ENOENT);
  const Inode* inode = TRY(inode_of(entry->inode));
  if (is_directory && !inode->is_directory()) return fail(ENOTDIR);
  if (!is_directory && inode->is_directory()) return fail(EISDIR);
  if (is_directory && !inode->directory->names.empty()) return fail(ENOTEMPTY);
  const bool is_last = is_directory || inode->attributes.links == 1;
  Operation& op = operation_;
  op.reset(Kind::kUnlink);
  op.directory = directory;
  op.flags = is_last && !coordination_.is_open(entry->inode) ? kFreeTarget : 0;
  op.time = now();
  op.name = name;
  return append_record(op);
}

Result<void> Engine::rename(InodeNumber from, std::string_view from_name, InodeNumber to, std::string_view to_name,
                            unsigned flags) {
  if ((flags & ~unsigned{RENAME_NOREPLACE | RENAME_EXCHANGE}) != 0 || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE)) {
    return fail(EINVAL);
  }
  TRY_VOID(check_name(to_name));
  const bool exchange = (flags & RENAME_EXCHANGE) != 0;
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  Inode* from_directory = TRY(directory_of(from));
  Inode* to_directory = TRY(directory_of(to));
  const Entry* entry = view_.index.find(*from_directory, from_name);
  if (entry == nullptr || to_directory->attributes.links == 0) return fail(ENOENT);
  const Inode* inode = TRY(inode_of(entry->inode));
  const Entry* target = view_.index.find(*to_directory, to_name);

  // No directory below itself: not on the way from the destination to the root.
  const auto is_above = [&](InodeNumber ancestor, InodeNumber directory) {
    for (InodeNumber at = directory; at != kRootInode;) {
      if (at == ancestor) return true;
      const Inode* step = view_.index.find(at);
      if (step == nullptr || step->parent == at) break;
      at = step->parent;
    }
    return false;
  };
  if (inode->is_directory() && is_above(entry->inode, to)) return fail(EINVAL);

  Operation& op = operation_;
  op.reset(Kind::kRename);
  if (target == nullptr) {
    if (exchange) return fail(ENOENT);
  } else {
    const Inode* replaced = TRY(inode_of(target->inode));
    if ((flags & RENAME_NOREPLACE) != 0) return fail(EEXIST);
    if (target->inode == entry->inode) return {};
    // The destination is above what is moved: it cannot be empty; exchanged, it would lie below itself.
    if (replaced->is_directory() && is_above(target->inode, from)) return fail(exchange ? EINVAL : ENOTEMPTY);
    if (exchange) {
      op.flags = kExchange;
    } else {
      if (replaced->is_directory() && !inode->is_directory()) return fail(EISDIR);
      if (!replaced->is_directory() && inode->is_directory()) return fail(ENOTDIR);
      if (replaced->is_directory() && !replaced->directory->names.empty()) return fail(ENOTEMPTY);
      const bool is_last = replaced->is_directory() || replaced->attributes.links == 1;
      if (is_last && !coordination_.is_open(target->inode)) op.flags = kFreeTarget;
    }
  }
  op.directory = from;
  op.other_directory = to;
  op.time = now();
  op.name = from_name;
  op.other_name = to_name;
  return append_record(op);
}

Result<std::string> Engine::read_link(InodeNumber number) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(inode_of(number));
  if (!S_ISLNK(inode->attributes.mode)) return fail(EINVAL);
  return inode->target;
}

Result<std::vector<DirectoryEntry>> Engine::list(InodeNumber directory, uint64_t cookie, size_t limit) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(directory_of(directory));
  std::vector<DirectoryEntry> entries;
  const Directory& names = *inode->directory;
  for (auto it = names.by_cookie.upper_bound(cookie); it != names.by_cookie.end() && entries.size() < limit; ++it) {
    const Entry& entry = names.names.find(it->second)->second;
    const Inode* child = view_.index.find(entry.inode);
    DirectoryEntry row;
    row.name = it->second;
    row.inode = entry.inode;
    row.mode = child == nullptr ? 0 : child->attributes.mode & S_IFMT;
    row.cookie = it->first;
    entries.push_back(std::move(row));
  }
  return entries;
}

void Engine::release_if_unlinked(InodeNumber number) {
  {
    const auto lock = reading();
    if (!lock) return;
    const Inode* inode = view_.index.find(number);
    if (inode == nullptr || inode->attributes.links != 0) return;
  }
  const Exclusive exclusive(*this);
  if (!begin()) return;
  const Inode* inode = view_.index.find(number);
  if (inode == nullptr || inode->attributes.links != 0 || coordination_.is_open(number)) return;
  operation_.reset(Kind::kFree);
  operation_.inode = number;
  (void)append_record(operation_);
}

}  // namespace redoubt::volume
