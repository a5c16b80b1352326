// SPDX-License-Identifier: Apache-2.0
//
// What each operation does to the index. The engine has checked the rules of the file system before it wrote the record; here only
// what would make the index inconsistent is refused, since a record may come from a process that does not keep the rules.
#include <linux/fs.h>
#include <sys/stat.h>

#include <algorithm>

#include "volume/index.h"

namespace redoubt::volume {
namespace {

void touch(Inode& inode, const Time& time) { inode.attributes.modified = inode.attributes.changed = time; }

}  // namespace

bool Index::add_entry(Inode& directory, std::string_view name, InodeNumber inode, const Time& time) {
  if (!insert_entry(directory, name, {inode, directory.directory->next_cookie})) return false;
  touch(directory, time);
  return true;
}

void Index::remove_entry(Inode& directory, std::string_view name, const Time& time) {
  const auto it = directory.directory->names.find(name);
  directory.directory->by_cookie.erase(it->second.cookie);
  directory.directory->names.erase(it);
  touch(directory, time);
}

void Index::drop(const BlockRef& ref, uint64_t sequence) {
  if (!ref.is_in_log()) slots.drop(ref.slot, sequence);  // the log goes as a whole
  --data_blocks;
}

void Index::free(InodeNumber number, uint64_t sequence) {
  Inode& inode = inodes_.at(number);
  inode.blocks.for_each([&](uint64_t, const BlockRef& ref) { drop(ref, sequence); });
  inodes_.erase(number);
}

bool Index::lose_name(InodeNumber number, uint32_t flags, const Operation& op) {
  Inode* inode = find(number);
  if (inode == nullptr || inode->attributes.links == 0) return false;
  inode->attributes.changed = op.time;
  if (inode->is_directory()) {
    if (!inode->directory->names.empty()) return false;
    Inode* parent = find(inode->parent);
    if (parent == nullptr) return false;
    --parent->attributes.links;
    inode->attributes.links = 0;
  } else {
    --inode->attributes.links;
  }
  if (inode->attributes.links == 0 && (flags & kFreeTarget) != 0) free(number, op.sequence);
  return true;
}

bool Index::create(const Operation& op) {
  if (op.inode < next_inode || inodes_.contains(op.inode)) return false;
  Inode* directory = nullptr;
  if (op.directory != 0) {
    directory = find(op.directory);
    if (directory == nullptr || !directory->is_directory() || find(*directory, op.name) != nullptr) return false;
  }
  next_inode = op.inode + 1;
  Inode& inode = inodes_[op.inode];
  inode.attributes.inode = op.inode;
  inode.attributes.mode = op.mode;
  inode.attributes.uid = op.uid;
  inode.attributes.gid = op.gid;
  inode.attributes.device = op.device;
  inode.attributes.accessed = inode.attributes.modified = inode.attributes.changed = inode.attributes.created = op.time;
  if (S_ISDIR(op.mode)) {
    inode.directory = std::make_unique<Directory>();
    inode.attributes.links = 2;
    inode.attributes.size = kBlockSize;
    inode.parent = op.inode == kRootInode ? kRootInode : op.directory;
    if (directory != nullptr) ++directory->attributes.links;
  } else {
    inode.attributes.links = op.directory == 0 ? 0 : 1;
  }
  if (S_ISLNK(op.mode)) {
    inode.target = op.value;
    inode.attributes.size = op.value.size();
  }
  return directory == nullptr || add_entry(*directory, op.name, op.inode, op.time);
}

bool Index::link(const Operation& op) {
  Inode* inode = find(op.inode);
  Inode* directory = find(op.directory);
  if (inode == nullptr || directory == nullptr || inode->is_directory() || !directory->is_directory()) return false;
  ++inode->attributes.links;
  inode->attributes.changed = op.time;
  return add_entry(*directory, op.name, op.inode, op.time);
}

bool Index::unlink(const Operation& op) {
  Inode* directory = find(op.directory);
  if (directory == nullptr) return false;
  const Entry* entry = find(*directory, op.name);
  if (entry == nullptr) return false;
  const InodeNumber number = entry->inode;
  remove_entry(*directory, op.name, op.time);
  return lose_name(number, op.flags, op);
}

bool Index::rename(const Operation& op) {
  Inode* from = find(op.directory);
  Inode* to = find(op.other_directory);
  if (from == nullptr || to == nullptr || !to->is_directory()) return false;
  const Entry* entry = find(*from, op.name);
  if (entry == nullptr) return false;
  Entry* target = find(*to, op.other_name);
  const InodeNumber number = entry->inode;
  Inode* inode = find(number);
  if (inode == nullptr) return false;

  const auto move_into = [&](Inode& moved, Inode& directory, InodeNumber directory_number) {
    moved.attributes.changed = op.time;
    if (!moved.is_directory()) return;
    Inode* old = find(moved.parent);
    if (old != nullptr) --old->attributes.links;
    ++directory.attributes.links;
    moved.parent = directory_number;
  };
  if ((op.flags & kExchange) != 0) {
    Inode* other = target == nullptr ? nullptr : find(target->inode);
    if (other == nullptr) return false;
    const_cast<Entry*>(entry)->inode = target->inode;
    target->inode = number;
    touch(*from, op.time);
    touch(*to, op.time);
    move_into(*inode, *to, op.other_directory);
    move_into(*other, *from, op.directory);
    return true;
  }
  if (target != nullptr) {
    const InodeNumber replaced = target->inode;
    if (replaced == number) return false;
    remove_entry(*to, op.other_name, op.time);
    if (!lose_name(replaced, op.flags, op)) return false;
  }
  remove_entry(*from, op.name, op.time);
  if (!add_entry(*to, op.other_name, number, op.time)) return false;
  move_into(*inode, *to, op.other_directory);
  return true;
}

bool Index::change(const Operation& op) {
  Inode* inode = find(op.inode);
  if (inode == nullptr) return false;
  Attributes& attributes = inode->attributes;
  if ((op.flags & kChangePermissions) != 0)
    attributes.mode = (attributes.mode & S_IFMT) | (op.mode & ~uint32_t{S_IFMT});
  if ((op.flags & kChangeUid) != 0) attributes.uid = op.uid;
  if ((op.flags & kChangeGid) != 0) attributes.gid = op.gid;
  if ((op.flags & kChangeAccessed) != 0) attributes.accessed = op.accessed;
  if ((op.flags & kChangeModified) != 0) attributes.modified = op.modified;
  attributes.changed = op.time;
  return true;
}

bool Index::content(const Operation& op) {
  Inode* inode = find(op.inode);
  if (inode == nullptr || !S_ISREG(inode->attributes.mode) || op.size > kFileLimit) return false;
  const auto forget = [&](uint64_t, const BlockRef& ref) {
    drop(ref, op.sequence);
    --inode->attributes.blocks;
  };
  if (op.hole_end > op.hole_first) inode->blocks.erase(op.hole_first, op.hole_end, forget);
  const uint64_t epoch = op.runs.empty() ? 0 : epoch_number(op.epoch);
  if (epoch == kEpochLimit) return false;
  for (const Run& run : op.runs) {
    if (run.block > kFileLimit / kBlockSize || run.count > kFileLimit / kBlockSize) return false;
    const bool in_log = is_in_log(run.slot);
    if (!in_log && !slots.take(run.slot, run.count)) return false;
    for (uint32_t i = 0; i < run.count; ++i) {
      BlockRef ref;
      ref.slot = run.slot + i * (in_log ? kPlacesABlock : 1);
      ref.epoch = epoch;
      ref.counter = run.counter + i;
      std::copy_n(run.tags + size_t{i} * kMacSize, kMacSize, ref.tag.begin());
      const BlockRef old = inode->blocks.set(run.block + i, ref);
      ++inode->attributes.blocks;
      ++data_blocks;
      if (!old.is_hole()) forget(0, old);
    }
  }
  inode->attributes.size = op.size;
  touch(*inode, op.time);
  return true;
}

bool Index::extended(const Operation& op) {
  Inode* inode = find(op.inode);
  if (inode == nullptr) return false;
  inode->attributes.changed = op.time;
  if (op.kind == Kind::kSetExtended) {
    if (inode->extended == nullptr) inode->extended = std::make_unique<std::map<std::string, Bytes, std::less<>>>();
    const ByteView value = as_bytes(op.value);
    inode->extended->insert_or_assign(std::string(op.name), Bytes(value.begin(), value.end()));
    return true;
  }
  if (inode->extended == nullptr) return false;
  const auto it = inode->extended->find(op.name);
  if (it == inode->extended->end()) return false;
  inode->extended->erase(it);
  return true;
}

bool Index::apply(const Operation& op) {
  durable = std::max(durable, op.durable);
  slots.settle(durable);
  if (op.changes()) last_change = op.sequence;
  is_rotating = op.kind == Kind::kRotate;
  switch (op.kind) {
    case Kind::kCreate: return create(op);
    case Kind::kLink: return link(op);
    case Kind::kUnlink: return unlink(op);
    case Kind::kRename: return rename(op);
    case Kind::kChange: return change(op);
    case Kind::kContent: return content(op);
    case Kind::kSetExtended:
    case Kind::kRemoveExtended: return extended(op);
    case Kind::kFree: {
      const Inode* inode = find(op.inode);
      if (inode == nullptr || inode->attributes.links != 0) return false;
      free(op.inode, op.sequence);
      return true;
    }
    case Kind::kBarrier:
      last_barrier = op.sequence;
      slots.barrier();
      return true;
    case Kind::kSettled: acknowledged = std::max(acknowledged, op.acknowledged); return true;
    case Kind::kRotate: slots.barrier(); return true;
  }
  return false;
}

}  // namespace redoubt::volume
