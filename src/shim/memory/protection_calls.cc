// SPDX-License-Identifier: Apache-2.0
//
// The system calls that change what may be done with mappings, or advise about them. As in memory_calls.cc, each works on the program's
// own ranges only, and memory of the shim looks to the program like memory that is not there.
#include <sys/mman.h>

#include <mutex>
#include <vector>

#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
#include "shim/memory/address_space.h"
#include "shim/memory/pages.h"
#include "shim/patch/patcher.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "shim/volumes/mappings.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kProtSemaphore = 8;  // PROT_SEM

// For calls that change pages in place and stop at the first hole with ENOMEM, having changed what lies before it.
int64_t up_to_first_hole(Call& call) {
  Range range;
  if (call.args[0] % kPage != 0 || !page_range(call.args[0], call.args[1], range) || range.begin == range.end) {
    return pass(call);  // the kernel knows the errno
  }
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  if (space.owned().covers(range.begin, range.end)) return pass(call);
  uint64_t own_end = range.begin;
  space.owned().for_each(range.begin, range.end, [&](uint64_t begin, uint64_t end) {
    if (begin == own_end) own_end = end;
  });
  if (own_end > range.begin) {
    const int64_t result = pass_with(call, call.args[0], own_end - range.begin, call.args[2], call.args[3]);
    if (is_error(result)) return result;
  }
  return -ENOMEM;
}

// For calls after which the program may see its code as something else than code.
void give_back(const Call& call) {
  Range range;
  if (!page_range(call.args[0], call.args[1], range)) return;
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  patch::give_back(space, page_down(range.begin), range.end);
}

int64_t protect(Call& call) {
  Range range;
  // Before it looks at the range.
  constexpr uint64_t kKnown = PROT_READ | PROT_WRITE | PROT_EXEC | kProtSemaphore | PROT_GROWSDOWN | PROT_GROWSUP;
  const bool is_empty = !page_range(call.args[0], call.args[1], range) || range.begin == range.end;
  if ((call.args[2] & ~kKnown) != 0 && !is_empty) return -EINVAL;
  if (call.args[2] != (PROT_READ | PROT_EXEC)) give_back(call);
  if (file_namespace::is_active() && (call.args[2] & PROT_EXEC) != 0 && page_range(call.args[0], call.args[1], range)) {
    AddressSpace& space = address_space();
    std::lock_guard lock(space.mutex());
    if (space.never_executable().touches(range.begin, range.end)) return -EACCES;
  }
  return up_to_first_hole(call);
}

}  // namespace

int64_t sys_mprotect(Call& call) { return protect(call); }
int64_t sys_pkey_mprotect(Call& call) { return protect(call); }
int64_t sys_mseal(Call& call) {
  Range range;
  if (call.args[0] % kPage != 0 || call.args[2] != 0 || !page_range(call.args[0], call.args[1], range) ||
      range.begin == range.end) {
    return pass(call);  // the kernel knows the errno
  }
  give_back(call);  // what is sealed cannot be given back
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  return space.owned().covers(range.begin, range.end) ? pass(call) : -ENOMEM;  // all or nothing
}

namespace {

constexpr int kPopulateRead = 22, kPopulateWrite = 23, kCollapse = 25;

// Advice that leaves the bytes of a private mapping, and whether a child gets it, as they are.
bool keeps_bytes(int advice) {
  switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DOFORK:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case kPopulateRead:
    case kPopulateWrite:
    case kCollapse: return true;
    default: return false;
  }
}

}  // namespace

// madvise goes on over holes and reports ENOMEM at the end. No lock: it may block for long (MADV_POPULATE_*), and what
// another thread unmaps meanwhile is that thread's doing.
int64_t sys_madvise(Call& call) {
  Range range;
  if (call.args[0] % kPage != 0 || !page_range(call.args[0], call.args[1], range)) return pass(call);
  if (!keeps_bytes(call.int_arg(2))) give_back(call);
  AddressSpace& space = address_space();
  std::vector<Range> parts;
  {
    std::lock_guard lock(space.mutex());
    if (!space.owned().covers(range.begin, range.end)) {
      space.owned().for_each(range.begin, range.end, [&](uint64_t begin, uint64_t end) {
        parts.push_back({begin, end});
      });
      parts.push_back({0, 0});  // marks the hole
    }
  }
  if (parts.empty()) return pass(call);
  parts.pop_back();
  // Of an empty range the kernel looks at the advice only.
  if (const int64_t known = pass_with(call, call.args[0], 0, call.args[2]); is_error(known)) return known;
  const bool stops_at_holes = call.int_arg(2) == kPopulateRead || call.int_arg(2) == kPopulateWrite;
  uint64_t at = range.begin;
  for (const Range& part : parts) {
    if (stops_at_holes && part.begin != at) return -ENOMEM;
    at = part.end;
    const int64_t result = pass_with(call, part.begin, part.end - part.begin, call.args[2]);
    if (is_error(result) && result != -ENOMEM) return result;
  }
  return -ENOMEM;
}

int64_t sys_remap_file_pages(Call& call) {
  Range range;
  if (!page_range(page_down(call.args[0]), page_down(call.args[1]), range)) return -EINVAL;
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  // Pages count from the beginning of what the kernel has mapped: behind a file of a volume that is memory of all of them.
  if (!volumes::mapped_in(range.begin, range.end).empty()) return -EINVAL;
  return space.owned().covers(range.begin, range.end) ? pass(call) : -EINVAL;
}

// Its ranges may be another process's, or the shim's. So only the hints that change no contents pass; since Linux 6.13 a
// process may give itself every advice (MADV_DONTNEED), which gets the answer of the kernels before.
int64_t sys_process_madvise(Call& call) {
  switch (call.int_arg(3)) {
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_WILLNEED:
    case kCollapse: return pass(call);
    default: return -EINVAL;
  }
}

}  // namespace redoubt::shim
