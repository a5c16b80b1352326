// SPDX-License-Identifier: Apache-2.0
//
// The table from inodes to nodes: open addressing in static memory. An entry is reserved by its inode, then gets its node.
// Nobody tells when the last copy of an open file is closed, so a table that fills up is swept: what no hinted descriptor of
// this process refers to is dropped.
#include "shim/files/special_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/thread.h"

namespace redoubt::shim::special {

constinit std::atomic<uint8_t> hints[kTrackedDescriptors / 8] = {};

namespace {

constexpr size_t kSlots = 8192;
constexpr size_t kFull = kSlots * 3 / 4;
constexpr uint64_t kFree = 0, kDropped = UINT64_MAX;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr unsigned kMfdExec = 0x10;  // Linux 6.3: executable mappings whatever vm.memfd_noexec says

struct Slot {
  std::atomic<uint64_t> inode;
  std::atomic<NodeId> node;
};
constinit Slot slots[kSlots] = {};
constinit std::atomic<size_t> used = 0;
constinit std::atomic<uint64_t> memory_device = 0;   // of all memory files of this kernel
constinit std::atomic<uint64_t> volume_handles = 0;  // inode, or 0

size_t first_slot(uint64_t inode) { return (inode * 0x9e3779b97f4a7c15) >> 51; }
static_assert(kSlots == 1 << 13);

Slot* find(uint64_t inode) {
  for (size_t i = 0; i < kSlots; ++i) {
    Slot& slot = slots[(first_slot(inode) + i) % kSlots];
    const uint64_t found = slot.inode.load(std::memory_order_acquire);
    if (found == inode) return &slot;
    if (found == kFree) return nullptr;
  }
  return nullptr;
}

bool identity_of(int fd, uint64_t& device, uint64_t& inode) {
  struct stat status;
  if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status)))) return false;
  device = status.st_dev;
  inode = status.st_ino;
  return true;
}

bool shares_memory() {
  const ThreadControl* const control = current_control_or_null();
  return control != nullptr && static_cast<const Thread*>(control)->shares_memory;
}

void forget(int fd) {
  // A vfork child's closed descriptor may still be open in its parent.
  if (fd < kTrackedDescriptors && !shares_memory()) hints[fd / 8].fetch_and(static_cast<uint8_t>(~(1U << (fd % 8))));
}

void sweep() {
  if (shares_memory()) return;
  std::vector<uint64_t> live;
  for (int fd = 0; fd < kTrackedDescriptors; ++fd) {
    uint64_t device, inode;
    if (may_be(fd) && identity_of(fd, device, inode) && device == memory_device) live.push_back(inode);
  }
  std::sort(live.begin(), live.end());
  for (Slot& slot : slots) {
    const uint64_t inode = slot.inode;
    if (inode == kFree || inode == kDropped || std::binary_search(live.begin(), live.end(), inode)) continue;
    slot.node = kNoNode;
    slot.inode = kDropped;
    --used;
  }
}

Result<void> remember(uint64_t inode, NodeId node) {
  if (used > kFull) sweep();
  for (size_t i = 0; i < kSlots; ++i) {
    Slot& slot = slots[(first_slot(inode) + i) % kSlots];
    uint64_t found = slot.inode.load();
    if (found == inode) {
      slot.node = node;
      return {};
    }
    if (found != kFree && found != kDropped) continue;
    if (!slot.inode.compare_exchange_strong(found, inode)) continue;
    slot.node.store(node, std::memory_order_release);
    ++used;
    return {};
  }
  return fail(ENFILE);
}

}  // namespace

void hint(int fd) {
  if (fd >= 0 && fd < kTrackedDescriptors) hints[fd / 8].fetch_or(static_cast<uint8_t>(1U << (fd % 8)));
}

NodeId node_of_any(int fd) {
  uint64_t device, inode;
  if (!identity_of(fd, device, inode) || device != memory_device || device == 0) return kNoNode;
  const Slot* const slot = find(inode);
  return slot != nullptr ? slot->node.load(std::memory_order_acquire) : kNoNode;
}

namespace {

void hint_volume_handle(int fd) {
  uint64_t device, inode;
  if (volume_handles == 0 || !identity_of(fd, device, inode)) return;
  if (device == memory_device && inode == volume_handles) hint(fd);
}

}  // namespace

NodeId node_of(int fd) {
  if (!may_be(fd)) return kNoNode;
  const NodeId node = node_of_any(fd);
  if (node != kNoNode || is_volume_handle(fd)) return node;
  forget(fd);
  // Another thread may have put a special one under this number since it was looked at, and hinted before it was forgotten.
  const NodeId later = fd < kTrackedDescriptors ? node_of_any(fd) : kNoNode;
  if (later != kNoNode) hint(fd);
  hint_volume_handle(fd);
  return later;
}

bool know_volume_handles(int fd) {
  uint64_t device, inode;
  if (!identity_of(fd, device, inode) || inode == 0) return false;
  memory_device = device;
  volume_handles = inode;
  return true;
}

bool is_volume_handle(int fd) {
  if (volume_handles == 0 || !may_be(fd)) return false;
  uint64_t device, inode;
  return identity_of(fd, device, inode) && device == memory_device && inode == volume_handles;
}

bool is_ours(int fd) {
  uint64_t device, inode;
  if (!identity_of(fd, device, inode) || device != memory_device || device == 0 || inode == kFree) return false;
  return inode == volume_handles || node_of_any(fd) != kNoNode;
}

bool is_memory_file(uint64_t device) { return device != 0 && device == memory_device; }

Result<OwnedFd> memory_file(std::string_view path) {
  constexpr size_t kLongestName = 249;
  const std::string name = ("redoubt:" + std::string(path)).substr(0, kLongestName);
  constexpr unsigned kFlags = MFD_ALLOW_SEALING | MFD_CLOEXEC;
  int64_t raw = gate::call(SYS_memfd_create, gate::address_of(name.c_str()), kFlags | kMfdExec);
  if (raw == -EINVAL) raw = gate::call(SYS_memfd_create, gate::address_of(name.c_str()), kFlags);
  return OwnedFd(TRY(gate::descriptor_of(raw)));
}

Result<void> seal(int fd) {
  TRY(from_raw(gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_ADD_SEALS, kSeals)));
  return {};
}

Result<int> publish(OwnedFd file, NodeId node, int flags) {
  uint64_t device, inode;
  if (!identity_of(file.get(), device, inode)) return fail(EIO);
  memory_device = device;
  TRY_VOID(remember(inode, node));
  constexpr int kPassed = O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH;
  const OwnedFd opened(TRY(gate::descriptor_of(window::reopen(file.get(), (flags & kPassed) | O_CLOEXEC))));
  // Under the lowest number, which the memory file has had since it was made.
  TRY(from_raw(gate::call(SYS_dup3, static_cast<uint64_t>(opened.get()), static_cast<uint64_t>(file.get()),
                          static_cast<uint64_t>(flags & O_CLOEXEC))));
  hint(file.get());
  return file.release();
}

Result<int> placeholder(NodeId node, std::string_view path, int flags) {
  OwnedFd file = TRY(memory_file(path));
  TRY_VOID(seal(file.get()));
  return publish(std::move(file), node, flags);
}

std::vector<Entry> entries() {
  std::vector<Entry> all;
  for (const Slot& slot : slots) {
    const uint64_t inode = slot.inode;
    if (inode != kFree && inode != kDropped && slot.node != kNoNode) all.push_back({inode, slot.node});
  }
  return all;
}

namespace {

// The numbers in /proc/self/fd; false when they cannot be had.
bool hint_listed() {
  const auto opened =
      gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                     gate::address_of("self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return false;
  const OwnedFd directory(*opened);
  alignas(dirent64) char buffer[4096];
  while (true) {
    const auto size = gate::count_of(
        gate::call(SYS_getdents64, static_cast<uint64_t>(directory.get()), gate::address_of(buffer), sizeof(buffer)),
        sizeof(buffer));
    if (!size) return false;
    if (*size == 0) return true;
    constexpr size_t kNameOffset = offsetof(dirent64, d_name);
    for (size_t at = 0; at + kNameOffset < *size;) {
      uint16_t length;
      std::memcpy(&length, buffer + at + offsetof(dirent64, d_reclen), sizeof(length));
      if (length <= kNameOffset || length > *size - at) return false;
      const char* const name = buffer + at + kNameOffset;
      int fd = -1;
      std::from_chars(name, name + strnlen(name, length - kNameOffset), fd);
      hint(fd);
      at += length;
    }
  }
}

}  // namespace

void hint_open_descriptors() {
  if (hint_listed()) return;
  for (auto& byte : hints) byte = 0xff;
}

Result<void> restore(const std::vector<Entry>& entries) {
  if (entries.empty()) return {};  // volumes hint by themselves
  const OwnedFd sample = TRY(memory_file("/"));
  uint64_t device, inode;
  if (!identity_of(sample.get(), device, inode)) return fail(EIO);
  memory_device = device;
  for (const Entry& entry : entries) TRY_VOID(remember(entry.inode, entry.node));
  hint_open_descriptors();
  return {};
}

}  // namespace redoubt::shim::special
