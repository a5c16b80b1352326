// SPDX-License-Identifier: Apache-2.0
//
// The system calls that make, move and end mappings. Each works on the program's own ranges only; memory of the shim looks to the
// program like memory that is not there. The break is virtual: the kernel's belongs to the runtime's allocator.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "shim/files/mapping_rules.h"
#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
#include "shim/memory/address_space.h"
#include "shim/memory/attachments.h"
#include "shim/memory/huge_pages.h"
#include "shim/memory/pages.h"
#include "shim/patch/patcher.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "shim/volumes/mappings.h"
#include "shim/volumes/mounts.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim {
namespace {

// Only what stays as the file has it: anything else may be code that changes.
bool is_code(const Call& call) {
  return (call.args[2] & (PROT_READ | PROT_WRITE | PROT_EXEC)) == (PROT_READ | PROT_EXEC) &&
         (call.args[3] & (MAP_TYPE | MAP_ANONYMOUS)) == MAP_PRIVATE;
}

// Where the ELF header of a library may be.
bool begins_file(const Call& call) {
  return (call.args[2] & PROT_WRITE) == 0 && (call.args[3] & (MAP_TYPE | MAP_ANONYMOUS)) == MAP_PRIVATE &&
         call.args[5] == 0;
}

// Makes sure that a fixed mapping over a range replaces nothing but the program's own: what the program does not own
// is reserved first, which fails where the shim lives. What the call then left as it was is given back.
class Reservation {
 public:
  Reservation(AddressSpace& space, Range range) : space_(space) {
    if (space.owned().covers(range.begin, range.end)) return;
    std::vector<Range> owned;
    space.owned().for_each(range.begin, range.end, [&](uint64_t begin, uint64_t end) {
      owned.push_back({begin, end});
    });
    uint64_t at = range.begin;
    for (const Range& part : owned) {
      reserve(at, part.begin);
      at = part.end;
    }
    reserve(at, range.end);
  }
  ~Reservation() {
    for (const Range& part : parts_) {
      gate::call(SYS_munmap, part.begin, part.end - part.begin);
      space_.owned().remove(part.begin, part.end);
    }
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  bool is_whole() const { return is_whole_; }
  // The range is the program's from here on, unless `result` is an error that the kernel finds before it changes anything. Of
  // ENOMEM it may have unmapped the range already, and what lies there could be another thread's.
  void settle(int64_t result) {
    if (!is_error(result) || result == -ENOMEM || result == -EAGAIN) keep();
  }
  void keep() { parts_.clear(); }

 private:
  void reserve(uint64_t begin, uint64_t end) {
    if (begin >= end || !is_whole_) return;
    const int64_t raw =
        gate::call(SYS_mmap, begin, end - begin, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, static_cast<uint64_t>(-1), 0);
    if (is_error(raw)) {
      is_whole_ = false;
    } else {
      parts_.push_back({begin, end});
      space_.owned().add(begin, end);
    }
  }

  AddressSpace& space_;
  std::vector<Range> parts_;
  bool is_whole_ = true;
};

int64_t fixed_mapping(Call& call, AddressSpace& space, Range range) {
  Reservation reservation(space, range);
  if (!reservation.is_whole()) return -ENOMEM;
  const int64_t result = pass(call);
  reservation.settle(result);
  return result;
}

}  // namespace

namespace {

// Bytes for a mapping that stands for a file of the shim's. The memory is the program's: it may be gone already.
int64_t fill(uint64_t address, const Call& call, const InjectedFile& content) {
  (void)content.read_to_app(call.args[5], address, call.args[1]);
  return gate::call(SYS_mprotect, address, call.args[1], call.args[2]);
}

int64_t map(Call& call, AddressSpace& space) {
  const uint64_t flags = call.args[3];
  Range range;
  const bool replaces = (flags & MAP_FIXED) != 0 && (flags & MAP_FIXED_NOREPLACE) != MAP_FIXED_NOREPLACE;
  if (replaces && call.args[0] % kPage == 0 && call.args[1] != 0 && page_range(call.args[0], call.args[1], range)) {
    const int64_t result = fixed_mapping(call, space, range);
    if (!is_error(result)) volumes::forget_mapping(range.begin, range.end);
    return result;
  }
  return pass(call);
}

int64_t map_safely(Call& call) { return map(call, address_space()); }

// In an attested run, by mapping_rules.h.
int64_t map_by_rule(Call& call, AddressSpace& space) {
  if (volumes::is_active() && (call.args[3] & MAP_ANONYMOUS) == 0) {
    if (const auto file = volumes::identify(call.int_arg(4))) {
      const int64_t result = volumes::map(call, *file, map_safely);
      Range range;
      if (!is_error(result) && page_range(static_cast<uint64_t>(result), call.args[1], range)) {
        space.never_executable().add(range.begin, range.end);
      }
      return result;
    }
  }
  const file_namespace::MappingRule rule = file_namespace::mapping_rule(call);
  if (rule.refusal != 0) return -rule.refusal;
  int64_t result;
  if (rule.content != nullptr) {
    if (call.args[5] % kPage != 0 || (call.args[3] & (MAP_HUGETLB | MAP_GROWSDOWN)) != 0) return -EINVAL;
    Call copy = call;
    copy.args[2] = PROT_READ | PROT_WRITE;
    copy.args[3] = (call.args[3] & ~static_cast<uint64_t>(MAP_TYPE)) | MAP_PRIVATE | MAP_ANONYMOUS;
    copy.args[4] = static_cast<uint64_t>(-1);
    copy.args[5] = 0;
    result = map(copy, space);
    if (!is_error(result)) fill(static_cast<uint64_t>(result), call, *rule.content);
  } else {
    result = map(call, space);
  }
  Range range;
  if (!is_error(result) && page_range(static_cast<uint64_t>(result), call.args[1], range)) {
    space.never_executable().remove(range.begin, range.end);
    if (rule.never_executable) space.never_executable().add(range.begin, range.end);
  }
  return result;
}

}  // namespace

int64_t sys_mmap(Call& asked) {
  Call call = asked;
  const uint64_t page = page_size_of(asked);
  call.args[1] = whole_pages(asked.args[1], page);
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  Range range;
  const bool replaces = (call.args[3] & MAP_FIXED) != 0 && page_range(call.args[0], call.args[1], range);
  if (replaces) patch::give_back(space, range.begin, range.end);
  const std::vector<volumes::Handle> replaced =
      replaces ? volumes::mapped_in(range.begin, range.end) : std::vector<volumes::Handle>{};
  const int64_t result = file_namespace::is_active() ? map_by_rule(call, space) : map(call, space);
  if (!is_error(result) && page_range(static_cast<uint64_t>(result), call.args[1], range)) {
    space.owned().add(range.begin, range.end);
    space.remove_images(range.begin, range.end);
    space.remove_huge(range.begin, range.end);
    if (page > kPage) space.add_huge(page, range.begin, range.end);
    if (begins_file(call)) space.add_image(range.begin);
    if (is_code(call)) space.code().add(range.begin, range.end);
    volumes::after_unmapping(replaced);
  }
  return result;
}

namespace {

int64_t unmap(AddressSpace& space, Range range) {
  if (space.owned().covers(range.begin, range.end)) {
    const int64_t result = gate::call(SYS_munmap, range.begin, range.end - range.begin);
    if (result == 0) space.forget(range.begin, range.end);
    return result;
  }
  int64_t result = 0;
  std::vector<Range> parts;
  space.owned().for_each(range.begin, range.end, [&](uint64_t begin, uint64_t end) { parts.push_back({begin, end}); });
  for (const Range& part : parts) {
    const int64_t raw = gate::call(SYS_munmap, part.begin, part.end - part.begin);
    if (is_error(raw)) {
      result = raw;
    } else {
      space.forget(part.begin, part.end);
    }
  }
  return result;
}

// Ends the program's mappings in the range, with all that is known of them.
int64_t release(AddressSpace& space, Range range) {
  patch::give_back(space, range.begin, range.end);
  const std::vector<volumes::Handle> files = volumes::mapped_in(range.begin, range.end);
  const int64_t result = unmap(space, range);
  if (!files.empty() && result == 0) {
    volumes::forget_mapping(range.begin, range.end);
    volumes::after_unmapping(files);
  }
  return result;
}

}  // namespace

int64_t sys_munmap(Call& call) {
  Range range;
  if (call.args[0] % kPage != 0 || call.args[1] == 0 || !page_range(call.args[0], call.args[1], range)) {
    return -EINVAL;
  }
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  return release(space, range);
}

namespace {

bool has_valid_arguments(const Call& call) {
  const uint64_t flags = call.args[3];
  const bool may_move = (flags & MREMAP_MAYMOVE) != 0;
  if ((flags & ~uint64_t{MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP}) != 0) return false;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 && !may_move) return false;
  if ((flags & MREMAP_DONTUNMAP) != 0 && page_up(call.args[1]) != page_up(call.args[2])) return false;
  return call.args[0] % kPage == 0 && call.args[2] != 0;
}

// Whether the range has pages that are not there. They are not the program's any more.
bool forget_holes(AddressSpace& space, Range range) {
  bool has_holes = false;
  for (uint64_t page = range.begin; page < range.end; page += kPage) {
    uint8_t is_resident;
    if (gate::call(SYS_mincore, page, kPage, gate::address_of(&is_resident)) != -ENOMEM) continue;
    space.forget(page, page + kPage);
    has_holes = true;
  }
  return has_holes;
}

}  // namespace

int64_t sys_mremap(Call& call) {
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  const uint64_t old_address = call.args[0];
  const uint64_t huge = space.huge_page_at(old_address);
  const uint64_t old_size = whole_pages(call.args[1], huge);
  const uint64_t new_size = whole_pages(call.args[2], huge);
  const uint64_t flags = call.args[3];
  Range old_range, target{};
  std::vector<volumes::Handle> replaced;
  if (!has_valid_arguments(call)) return -EINVAL;
  if ((flags & MREMAP_FIXED) != 0 && (call.args[4] % kPage != 0 || !page_range(call.args[4], new_size, target)))
    return -EINVAL;
  if (!page_range(old_address, old_size, old_range)) return -EFAULT;
  // A zero old size duplicates a shared mapping: the address itself must be the program's.
  if (!space.owned().covers(old_range.begin, std::max(old_range.end, old_range.begin + kPage))) return -EFAULT;
  patch::give_back(space, old_range.begin, std::max(old_range.end, old_range.begin + kPage));
  std::optional<Reservation> reservation;
  if ((flags & MREMAP_FIXED) != 0) {
    reservation.emplace(space, target);
    if (!reservation->is_whole()) return -ENOMEM;
    patch::give_back(space, target.begin, target.end);
    replaced = volumes::mapped_in(target.begin, target.end);
  }
  if (const auto grown = volumes::before_growing(old_address, new_size); !grown) return -number_of(grown.error());
  const int64_t result = pass(call);
  if (reservation) reservation->settle(result);
  if (is_error(result) && reservation) {
    // Of several mappings those before the one that cannot move have moved (Linux 6.17). With MREMAP_DONTUNMAP that is not to be seen.
    const bool have_moved = forget_holes(space, old_range);
    if (have_moved || (flags & MREMAP_DONTUNMAP) != 0) reservation->keep();
    forget_holes(space, target);
  }
  if (is_error(result)) return result;
  const bool keeps_old = (flags & MREMAP_DONTUNMAP) != 0 || call.args[1] == 0;
  // Since Linux 6.17 several mappings may move in one call: one that is not executable makes the whole so.
  const bool never_executable =
      space.never_executable().touches(old_range.begin, std::max(old_range.end, old_range.begin + kPage));
  if (!keeps_old) space.forget(old_range.begin, old_range.end);
  Range range;
  if (!page_range(static_cast<uint64_t>(result), new_size, range)) return result;
  space.forget(range.begin, range.end);  // what was known of the mappings that it replaced
  space.owned().add(range.begin, range.end);
  if (huge != 0) space.add_huge(huge, range.begin, range.end);
  if (never_executable) space.never_executable().add(range.begin, range.end);
  volumes::after_moving(old_range.begin, old_range.end, keeps_old, range.begin, range.end, replaced);
  return result;
}

int64_t sys_brk(Call& call) {
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  Heap& heap = space.heap();
  const uint64_t wanted = call.args[0];
  if (wanted < heap.start || wanted > kUserTop) return static_cast<int64_t>(heap.end);
  rlimit limit{};
  gate::call(SYS_prlimit64, 0, RLIMIT_DATA, 0, gate::address_of(&limit));
  if (limit.rlim_cur != RLIM_INFINITY && wanted - heap.start > limit.rlim_cur) return static_cast<int64_t>(heap.end);

  const uint64_t old_top = page_up(heap.end);
  const uint64_t new_top = page_up(wanted);
  if (new_top > old_top) {
    const int64_t raw = gate::call(SYS_mmap, old_top, new_top - old_top, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, static_cast<uint64_t>(-1), 0);
    if (is_error(raw)) return static_cast<int64_t>(heap.end);
    space.owned().add(old_top, new_top);
  } else if (new_top < old_top) {
    // Where the program has unmapped a part itself, something of the shim's may lie.
    if (const int64_t raw = release(space, {new_top, old_top}); is_error(raw)) return static_cast<int64_t>(heap.end);
  }
  heap.end = wanted;
  return static_cast<int64_t>(heap.end);
}

int64_t sys_shmat(Call& call) {
  if (file_namespace::is_active() && (call.args[2] & SHM_EXEC) != 0) return -EACCES;  // bytes of others
  shmid_ds segment{};
  const int64_t known = gate::call(SYS_shmctl, call.args[0], IPC_STAT, gate::address_of(&segment));
  if (file_namespace::is_active() && is_error(known)) return known;  // its range could not be marked
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  Range range;
  const uint64_t address = page_down(call.args[1]);
  std::optional<Reservation> reservation;
  if ((call.args[2] & SHM_REMAP) != 0 && !is_error(known) && page_range(address, segment.shm_segsz, range)) {
    reservation.emplace(space, range);
    if (!reservation->is_whole()) return -EINVAL;
    patch::give_back(space, range.begin, range.end);
  }
  const int64_t result = pass(call);
  if (reservation) reservation->settle(result);
  if (!is_error(result) && !is_error(known) && page_range(static_cast<uint64_t>(result), segment.shm_segsz, range)) {
    space.owned().add(range.begin, range.end);
    space.remove_huge(range.begin, range.end);
    if (file_namespace::is_active()) space.never_executable().add(range.begin, range.end);
  }
  return result;
}

// What is no longer attached may be the shim's a moment later: it is none of the program's from before the call on.
int64_t sys_shmdt(Call& call) {
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  const std::vector<Range> parts = attached_at(call.args[0]);
  for (const Range& part : parts) space.owned().remove(part.begin, part.end);
  const int64_t result = pass(call);
  for (const Range& part : parts) {
    if (is_error(result)) {
      space.owned().add(part.begin, part.end);
    } else {
      space.forget(part.begin, part.end);
    }
  }
  return result;
}

}  // namespace redoubt::shim
