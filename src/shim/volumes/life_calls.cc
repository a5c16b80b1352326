// SPDX-License-Identifier: Apache-2.0
//
// Where descriptors come from and go to: the kernel counts them, the shim follows. A close of any descriptor of a file drops the
// process's POSIX locks on it, as POSIX has it; the last one of a file without names frees its blocks; and what was written
// becomes durable: here, when nothing made anything so within the last second, and otherwise within the next one.
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>

#include "shim/files/special_descriptors.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/thread.h"
#include "shim/syscalls/handlers.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/host_storage.h"
#include "shim/volumes/late_barrier.h"
#include "shim/volumes/mounts.h"
#include "shim/volumes/shared_coordination.h"

namespace redoubt::shim::volumes {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Result<void> settle_now_or_soon(Handle handle) {
  HandleEntry& entry = entry_of(handle);
  if ((entry.flags & kMapped) != 0) TRY_VOID(flush(handle));
  if ((entry.flags & kWritten) == 0) return {};
  // Between vfork and exec a child closes what its parent has open, and may close: the parent's last one does this.
  const bool shares_memory = current_thread().shares_memory;
  if (shares_memory && is_in_use(handle)) return {};
  const size_t index = file_of(handle).volume;
  entry.flags &= ~kWritten;
  if (!volume(index).is_dirty()) return {};
  const VolumeControl& shared = control().volumes[index];
  const bool is_recent = monotonic_now() - shared.settled_at < kSecond && !shared.is_stopped;
  if (is_recent && !shares_memory && late_barrier::ask(index)) return {};
  return settle_volume(index);
}

std::optional<Target> target_of(int fd) {
  const auto open = describe(fd);
  if (!open) return std::nullopt;
  return Target{.fd = fd, .argument = 0, .open = *open, .id = file_of(open->handle)};
}

}  // namespace

int64_t after_close(const Target& target) {
  if (target.is_path()) {
    if (give_back_if_unused(target.open.handle)) target.volume().release_if_unlinked(target.id.inode);
    return 0;
  }
  drop_posix_locks(target.open.handle);
  const auto settled = settle_now_or_soon(target.open.handle);
  if (give_back_if_unused(target.open.handle)) target.volume().release_if_unlinked(target.id.inode);
  return settled ? 0 : -number_of(settled.error());
}

Answer duplicate_call(Call& call, const Target& target) {
  // dup2 and dup3 close what their target stood for.
  const bool replaces = (call.number == SYS_dup2 || call.number == SYS_dup3) && call.int_arg(0) != call.int_arg(1);
  std::optional<Target> replaced;
  if (replaces) replaced = target_of(call.int_arg(1));
  const int64_t result = by_row(call);
  if (is_error(result)) return result;
  if (target.argument == 0) special::hint(static_cast<int>(result));
  if (replaced) (void)after_close(*replaced);
  return result;
}

Answer control_call(Call& call, const Target& target) {
  switch (call.int_arg(1)) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return duplicate_call(call, target);
    case F_GETFD:
    case F_SETFD: return std::nullopt;
    case F_GETFL: {
      const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(target.fd), F_GETFL);
      if (is_error(flags) || target.is_path()) return is_error(flags) ? flags : O_PATH;
      return (flags & ~O_ACCMODE) | target.open.access;
    }
    case F_SETFL: {
      if (target.is_path()) return -EBADF;
      // O_DIRECT and O_NOATIME would be about the memory file, and change nothing here.
      const auto flags = call.args[2] & (O_APPEND | O_NONBLOCK | O_ASYNC);
      return gate::call(SYS_fcntl, static_cast<uint64_t>(target.fd), F_SETFL, flags);
    }
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: return lock_command(call, target);
    case F_GETOWN:
    case F_SETOWN:
    case F_GETOWN_EX:
    case F_SETOWN_EX:
    case F_GETSIG:
    case F_SETSIG: return target.is_path() ? Answer(-EBADF) : std::nullopt;
    case F_GETLEASE: return F_UNLCK;
    default: return -EINVAL;
  }
}

Answer close_call(Call& call, const Target& target) {
  const int64_t result = by_row(call);
  if (is_error(result)) return result;
  return after_close(target);
}

// One by one, so that nothing is forgotten; the rest of the range is the kernel's.
void close_files_in_range(const Call& call) {
  if (call.args[2] != 0) return;
  const auto last = std::min<uint32_t>(static_cast<uint32_t>(call.args[1]), special::kTrackedDescriptors - 1);
  for (auto fd = static_cast<uint32_t>(call.args[0]); fd <= last; ++fd) {
    if (!special::may_be(static_cast<int>(fd)) || window::contains(static_cast<int>(fd))) continue;
    const auto target = target_of(static_cast<int>(fd));
    if (!target) continue;
    gate::call(SYS_close, fd);
    (void)after_close(*target);
  }
}

void after_call(const Call& call, int64_t result) {
  if (result < 0) return;
  switch (call.number) {
    case SYS_setrlimit:
    case SYS_prlimit64: refresh_file_size_limit(); break;
    case SYS_pidfd_getfd: special::hint(static_cast<int>(result)); break;
    default: break;
  }
}

}  // namespace redoubt::shim::volumes
