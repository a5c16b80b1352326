// SPDX-License-Identifier: Apache-2.0
//
// mmap and msync of volumes' files.
#include "shim/volumes/mappings.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/address_space.h"
#include "shim/memory/app_memory.h"
#include "shim/process/program_file.h"
#include "shim/volumes/content.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t page_up(uint64_t at) { return (at + kPage - 1) & ~(kPage - 1); }

// What mmap refuses about the file, as the kernel does; then 0.
// LEGACY_MAP_MASK of linux/mman.h: the flags that files may take, or ignore, without having been asked.
constexpr int kOldFlags = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE |
                          0x4000000 /* uninitialized */ | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |
                          MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | 0x80 /* above 4 GiB */ |
                          0x3f << 26 /* sizes of huge pages */;

int refusal(const Call& call, const OpenFile& file, Handle handle) {
  const int protection = call.int_arg(2);
  const int type = call.int_arg(3) & MAP_TYPE;
  if (file.access == O_PATH) return EBADF;
  if (call.args[1] == 0 || call.args[5] % kPage != 0) return EINVAL;
  if ((call.int_arg(3) & (MAP_HUGETLB | MAP_GROWSDOWN)) != 0) return EINVAL;  // of a file's mapping
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return EINVAL;
  if (type == MAP_SHARED_VALIDATE && (call.int_arg(3) & ~kOldFlags) != 0) return EOPNOTSUPP;  // MAP_SYNC among them
  if (file.access == O_WRONLY || (protection & PROT_EXEC) != 0) return EACCES;
  if (type != MAP_PRIVATE && (protection & PROT_WRITE) != 0 && file.access != O_RDWR) return EACCES;
  uint64_t end;
  if (__builtin_add_overflow(call.args[5], call.args[1], &end) || end > kPart - kPage) return EOVERFLOW;
  const auto attributes = volume(file_of(handle).volume).attributes(file_of(handle).inode);
  if (!attributes) return number_of(attributes.error());
  return S_ISREG(attributes->mode) ? 0 : ENODEV;
}

// The memory is the program's: it may be gone already.
Result<void> fill_private(Handle handle, uint64_t offset, uint64_t address, uint64_t size) {
  constexpr size_t kChunk = size_t{256} << 10;
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[std::min<uint64_t>(size, kChunk)]);
  if (buffer == nullptr) return fail(ENOMEM);
  for (uint64_t done = 0; done < size;) {
    const std::span<uint8_t> part(buffer.get(), std::min<uint64_t>(size - done, kChunk));
    const size_t got = TRY(read_content(handle, offset + done, part));
    if (got == 0 || !copy_to_app(address + done, part.data(), got)) break;
    done += got;
  }
  return {};
}

int64_t map_private(Call& call, Handle handle, MapFunction perform) {
  Call anonymous = call;
  anonymous.args[2] = PROT_READ | PROT_WRITE;
  anonymous.args[3] = call.args[3] | MAP_ANONYMOUS;
  anonymous.args[4] = static_cast<uint64_t>(-1);
  anonymous.args[5] = 0;
  const int64_t address = perform(anonymous);
  if (is_error(address)) return address;
  const auto filled = fill_private(handle, call.args[5], static_cast<uint64_t>(address), call.args[1]);
  if (!filled) {
    gate::call(SYS_munmap, static_cast<uint64_t>(address), page_up(call.args[1]));
    return -number_of(filled.error());
  }
  if (call.args[2] != (PROT_READ | PROT_WRITE)) {
    gate::call(SYS_mprotect, static_cast<uint64_t>(address), call.args[1], call.args[2]);
  }
  return address;
}

int64_t map_shared(Call& call, Handle handle, int access, MapFunction perform) {
  const bool may_store = access == O_RDWR;
  const auto reopened = gate::descriptor_of(
      window::reopen(window::get(window::Slot::kArena), (may_store ? O_RDWR : O_RDONLY) | O_CLOEXEC));
  if (!reopened) return -number_of(reopened.error());
  const OwnedFd arena(*reopened);  // the mapping keeps the description
  const uint64_t offset = call.args[5];
  const auto prepared = prepare_mapping(handle, offset, offset + call.args[1], arena.get(), may_store);
  if (!prepared) return -number_of(prepared.error());
  Call shared = call;
  shared.args[3] = (call.args[3] & ~static_cast<uint64_t>(MAP_TYPE)) | MAP_SHARED;
  shared.args[4] = static_cast<uint64_t>(arena.get());
  shared.args[5] = uint64_t{handle} * kPart + offset;
  const int64_t address = perform(shared);
  if (is_error(address)) return address;
  const auto begin = static_cast<uint64_t>(address);
  mappings().add(begin, {.end = begin + page_up(call.args[1]), .handle = handle, .offset = offset});
  return address;
}

}  // namespace

MappingTable& mappings() {
  static MappingTable table;
  return table;
}

int64_t map(Call& call, const OpenFile& file, MapFunction perform) {
  const Handle handle = find_handle(file.id);
  if (handle == 0) return -EBADF;  // closed by another thread
  if (const int error = refusal(call, file, handle); error != 0) return -error;
  if ((call.int_arg(3) & MAP_TYPE) == MAP_PRIVATE) return map_private(call, handle, perform);
  return map_shared(call, handle, file.access, perform);
}

std::vector<Handle> mapped_in(uint64_t begin, uint64_t end) {
  return mappings().empty() ? std::vector<Handle>{} : mappings().handles_in(begin, end);
}

void forget_mapping(uint64_t begin, uint64_t end) {
  if (!mappings().empty()) mappings().remove(begin, end);
}

void after_unmapping(const std::vector<Handle>& handles) {
  for (const Handle handle : handles) {
    (void)flush(handle);
    const FileId file = file_of(handle);
    if (give_back_if_unused(handle)) volume(file.volume).release_if_unlinked(file.inode);
  }
}

Result<void> before_growing(uint64_t address, uint64_t size) {
  if (mappings().empty()) return {};
  const auto part = mappings().at(address);
  if (!part) return {};
  if (size > kPart - kPage - part->offset) return fail(EOVERFLOW);
  return prepare_mapping(part->handle, part->offset, part->offset + size, kNoDescription, false);
}

void after_moving(uint64_t from, uint64_t from_end, bool keeps_old, uint64_t to, uint64_t to_end,
                  const std::vector<Handle>& replaced) {
  if (mappings().empty()) return;
  // Several when they are cut at their end, or moved in one call, which Linux 6.17 and newer do. What grows is one.
  const uint64_t size = to_end - to;
  auto parts = mappings().parts_in(from, std::min(from_end, from + size));
  if (size > from_end - from) {
    const auto part = mappings().at(from);
    parts.clear();
    if (part) parts.push_back({from, {.end = from + size, .handle = part->handle, .offset = part->offset}});
  }
  std::vector<Handle> shrunk = mappings().handles_in(from, from_end);
  if (!keeps_old) mappings().remove(from, from_end);
  mappings().remove(to, to_end);
  for (const auto& [begin, part] : parts) {
    mappings().add(to + (begin - from), {.end = to + (part.end - from), .handle = part.handle, .offset = part.offset});
  }
  after_unmapping(replaced);
  after_unmapping(shrunk);
}

int64_t sync_mapping(Call& call) {
  std::vector<Handle> handles;
  {
    const std::lock_guard lock(address_space().mutex());
    handles = mapped_in(call.args[0], call.args[0] + call.args[1]);
  }
  const int64_t result = pass(call);
  if (result != 0) return result;
  for (const Handle handle : handles) {
    const bool waits = (call.int_arg(2) & MS_SYNC) != 0;
    const auto done = waits ? flush_and_settle(handle) : flush(handle);
    if (!done) return -number_of(done.error());
  }
  return 0;
}

}  // namespace redoubt::shim::volumes
