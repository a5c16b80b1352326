// SPDX-License-Identifier: Apache-2.0
//
// Listing directories of volumes, and the other calls on their descriptors that this folder answers. The position in a directory:
//
//   0, 1                "." and ".."
//   2 ... 2+N-1         what the tree has put there (mounts, injected files, the way to them), N names
//   2+N+cookie          after the entry of the volume with that cookie; names that the tree hides are left out
//
// The tree does not change while the program runs, so positions stay good; telldir and seekdir give and take them.
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <array>

#include "shim/abi/numbers.h"
#include "shim/files/directory_entries.h"
#include "shim/files/kernel_view.h"
#include "shim/files/volume_calls.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/process/thread.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::file_namespace {
namespace {

namespace nr = abi::nr;

using volume::InodeNumber;

constexpr size_t kMostEntries = 512;  // asked of the volume at a time
constexpr uint64_t kDots = 2;

// The node of the tree that stands for a directory, kNoNode when there is none.
NodeId node_of_directory(const FileId& file) {
  const Tree& tree = state().tree;
  const auto index = static_cast<uint32_t>(file.volume);
  const NodeId root = tree.root_of_volume(index);
  if (file.inode == volume::kRootInode) return root;
  if (root == kNoNode || tree.node(root).children.empty()) return kNoNode;
  KernelView view(tree);
  const auto place = resolve(tree, view, BaseDirectory({}, index, file.inode), "./", Follow::kYes);
  return place ? place->node : kNoNode;
}

uint64_t inode_above(const FileId& file, NodeId node) {
  if (file.inode == volume::kRootInode) return state().tree.node(node).parent + kFirstNodeInode;
  const auto parent = volume_of(file)->parent(file.inode);
  return parent ? *parent : file.inode;
}

class Listing {
 public:
  Listing(const FileId& file, uint64_t from, EntryBuffer& out) : file_(file), at_(from), out_(out) {}

  // Where to go on.
  Result<uint64_t> run() {
    const volume::Attributes attributes = TRY(volume_of(file_)->attributes(file_.inode));
    if (!S_ISDIR(attributes.mode)) return fail(ENOTDIR);
    if (attributes.links == 0) return fail(ENOENT);
    node_ = node_of_directory(file_);
    if (at_ == 0) put(file_.inode, DT_DIR, ".", 1);
    if (at_ == 1) put(inode_above(file_, node_), DT_DIR, "..", 2);
    const uint64_t count = node_ == kNoNode ? 0 : state().tree.node(node_).children.size();
    if (at_ >= kDots && at_ < kDots + count) put_children();
    if (at_ >= kDots + count) TRY_VOID(put_entries(kDots + count));
    return at_;
  }

 private:
  bool put(uint64_t inode, uint8_t type, std::string_view name, uint64_t next) {
    if (!out_.append({.inode = inode, .next = next, .type = type, .name = name})) return false;
    at_ = next;
    return true;
  }
  void put_children() {
    uint64_t at = kDots;
    for (const auto& [name, child] : state().tree.node(node_).children) {
      if (at == at_ && !put(child + kFirstNodeInode, type_of_node(state().tree.node(child).kind), name, at + 1)) return;
      ++at;
    }
  }
  Result<void> put_entries(uint64_t base) {
    while (true) {
      const auto entries = TRY(volume_of(file_)->list(file_.inode, at_ - base, kMostEntries));
      if (entries.empty()) return {};
      for (const volume::DirectoryEntry& entry : entries) {
        const auto type = static_cast<uint8_t>(entry.mode >> 12 & 15);
        if (node_ != kNoNode && state().tree.child(node_, entry.name) != kNoNode) {
          at_ = base + entry.cookie;
        } else if (!put(entry.inode, type, entry.name, base + entry.cookie)) {
          return {};
        }
      }
    }
  }

  FileId file_;
  uint64_t at_;
  EntryBuffer& out_;
  NodeId node_ = kNoNode;
};

int64_t list(Call& call, int fd, const volumes::OpenFile& file) { return list_volume_directory(call, fd, file); }
int64_t status(Call& call, int, const volumes::OpenFile& file) {
  const auto status = stat_in_volume(file.id);
  if (!status) return -number_of(status.error());
  return write_app(call.args[1], *status) ? 0 : -EFAULT;
}
int64_t space(Call& call, int, const volumes::OpenFile& file) {
  const auto status = statfs_of_volume(file.id.volume);
  if (!status) return -number_of(status.error());
  return write_app(call.args[1], *status) ? 0 : -EFAULT;
}
int64_t attributes(Call& call, int, const volumes::OpenFile& file) {
  return attribute_call(call, file.id).value_or(-EINVAL);
}

struct DescriptorRule {
  uint16_t number;
  int64_t (*perform)(Call& call, int fd, const volumes::OpenFile& file);
  bool for_paths = false;  // also with a descriptor that was opened with O_PATH
};

// clang-format off
constexpr DescriptorRule kRules[] = {
    {nr::fstat,        status,     true},
    {nr::fstatfs,      space,      true},
    {nr::getdents,     list},
    {nr::getdents64,   list},
    {nr::fchmod,       attributes},
    {nr::fchown,       attributes},
    {nr::fsetxattr,    attributes},
    {nr::fgetxattr,    attributes},
    {nr::flistxattr,   attributes},
    {nr::fremovexattr, attributes},
};
// clang-format on

constexpr auto kIndex = [] {
  std::array<int8_t, kTableSize> index{};
  for (auto& entry : index) entry = kNoArg;
  for (size_t i = 0; i < std::size(kRules); ++i) index[kRules[i].number] = static_cast<int8_t>(i);
  return index;
}();

}  // namespace

int64_t list_volume_directory(Call& call, int fd, const volumes::OpenFile& directory) {
  EntryBuffer out(call);
  const auto next = Listing(directory.id, directory.position, out).run();
  if (!next) return -number_of(next.error());
  const int64_t result = out.deliver();
  if (result < 0) return result;
  const HeapScope heap;
  if (*next != directory.position) (void)volumes::set_position(fd, *next);
  return result;
}

std::optional<int64_t> intercept_volume_descriptors(Call& call) {
  const DescriptorRule* const rule = kIndex[call.number] != kNoArg ? &kRules[kIndex[call.number]] : nullptr;
  if (rule == nullptr) return std::nullopt;
  const auto file = volumes::identify(call.int_arg(0));
  if (!file) return std::nullopt;
  if (file->access == O_PATH && !rule->for_paths) return -EBADF;
  const ScratchScope scratch(call.thread.shares_memory);
  return rule->perform(call, call.int_arg(0), *file);
}

}  // namespace redoubt::shim::file_namespace
