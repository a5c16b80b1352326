// SPDX-License-Identifier: Apache-2.0
//
// System calls about descriptors as such. A descriptor of the shim as an argument is refused by the row (dispatch.cc);
// here are the calls that name ranges of them, or list them.
#include <dirent.h>
#include <linux/close_range.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "shim/files/proc_files.h"
#include "shim/files/standard_error.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {

namespace {

int64_t duplicate_to(Call& call) {
  const int64_t result = pass(call);
  standard_error::after_duplicate(call, result);
  return result;
}

}  // namespace

int64_t sys_dup2(Call& call) { return duplicate_to(call); }
int64_t sys_dup3(Call& call) { return duplicate_to(call); }

std::optional<int64_t> settle_unshare(Call& call) {
  if ((call.args[2] & CLOSE_RANGE_UNSHARE) == 0) return std::nullopt;
  if (!is_only_thread(call.thread)) return -EINVAL;
  call.args[2] &= ~static_cast<uint64_t>(CLOSE_RANGE_UNSHARE);
  return std::nullopt;
}

// Around the window: one call below it and one above.
int64_t sys_close_range(Call& call) {
  if (const auto refused = settle_unshare(call)) return *refused;
  const auto first = static_cast<uint32_t>(call.args[0]);
  const auto last = static_cast<uint32_t>(call.args[1]);
  const auto window_first = static_cast<uint32_t>(window::first());
  const auto window_last = static_cast<uint32_t>(window::last());
  if (first > last || last < window_first || first > window_last) return pass(call);
  int64_t result = 0;
  if (first < window_first) result = pass_with(call, first, window_first - 1, call.args[2]);
  if (!is_error(result) && last > window_last) result = pass_with(call, window_last + 1, last, call.args[2]);
  return result;
}

namespace {

// Drops the entries that belong to the shim from a buffer of directory entries. `name_offset` tells struct
// linux_dirent64 (19) from struct linux_dirent (18); both begin with two 8-byte fields and the 16-bit record length.
int64_t filter_entries(Call& call, int64_t size, size_t name_offset) {
  const auto entry = proc_entry_of(call.int_arg(0));
  if (!entry || !is_own_process(entry->pid)) return size;
  if (static_cast<uint64_t>(size) > static_cast<uint32_t>(call.args[2])) return -EIO;  // no kernel answers that
  std::vector<char> buffer(static_cast<size_t>(size));
  if (!copy_from_app(buffer.data(), call.args[1], buffer.size())) return size;
  constexpr size_t kLengthOffset = 16;
  size_t kept = 0;
  for (size_t at = 0; at + name_offset < buffer.size();) {
    uint16_t length;
    std::memcpy(&length, &buffer[at + kLengthOffset], sizeof(length));
    if (length <= name_offset || at + length > buffer.size()) break;
    // Another thread of the program may have changed the buffer since: the NUL need not be there.
    const char* const name = &buffer[at + name_offset];
    if (!hides_proc_entry(*entry, {name, strnlen(name, length - name_offset)})) {
      std::memmove(&buffer[kept], &buffer[at], length);
      kept += length;
    }
    at += length;
  }
  if (kept == buffer.size()) return size;
  if (!copy_to_app(call.args[1], buffer.data(), kept)) return -EFAULT;
  return static_cast<int64_t>(kept);
}

int64_t list(Call& call, size_t name_offset) {
  while (true) {
    const int64_t size = pass(call);
    if (size <= 0) return size;
    const int64_t kept = filter_entries(call, size, name_offset);
    if (kept != 0) return kept;  // 0 would mean the end of the directory
  }
}

}  // namespace

int64_t sys_getdents(Call& call) { return list(call, 18); }
int64_t sys_getdents64(Call& call) { return list(call, 19); }

int64_t sys_getrlimit(Call& call) { return pass(call); }
int64_t sys_setrlimit(Call& call) { return pass(call); }
int64_t sys_prlimit64(Call& call) { return pass(call); }

}  // namespace redoubt::shim
