// SPDX-License-Identifier: Apache-2.0
//
// The three memory files of a run with volumes (mounts.h).
#include "shim/volumes/control_block.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "shim/files/raised_limit.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::volumes {
namespace {

ControlBlock* block = nullptr;

// "handles" and "locks" are sealed: nothing can be written to them, by nobody.
bool make(window::Slot slot, const char* name, bool is_sealed) {
  auto file = special::memory_file(name);
  if (!file) return false;
  if (is_sealed && !special::seal(file->get())) return false;
  return window::put(slot, file->release()).has_value();
}

}  // namespace

ControlBlock& control() { return *block; }

bool map_shared_memory() {
  const int64_t raw = gate::call(SYS_mmap, 0, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED,
                                 static_cast<uint64_t>(window::get(window::Slot::kArena)), 0);
  if (raw < 0) return false;
  block = reinterpret_cast<ControlBlock*>(raw);
  return special::know_volume_handles(window::get(window::Slot::kHandles));
}

bool make_shared_memory() {
  if (!make(window::Slot::kHandles, "volumes", true) || !make(window::Slot::kPosixLocks, "locks", true) ||
      !make(window::Slot::kArena, "arena", false)) {
    return false;
  }
  const RaisedSoftLimit raised(RLIMIT_FSIZE, RLIM_INFINITY);
  constexpr uint64_t kArenaSize = kPart * kHandleCount;
  if (gate::call(SYS_ftruncate, static_cast<uint64_t>(window::get(window::Slot::kArena)), kArenaSize) != 0) {
    return false;
  }
  return map_shared_memory();
}

}  // namespace redoubt::shim::volumes
