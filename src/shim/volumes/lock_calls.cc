// SPDX-License-Identifier: Apache-2.0
//
// Locks on files of volumes are the kernel's own, on other files: each file has a part of two memory files' ranges (handles.h).
//
//   flock, F_OFD_*   belong to a description: on the description itself, in the memory file "handles"
//   F_SETLK ...      belong to a process: on the memory file "locks", which the shim never closes. The kernel would drop them
//                    when the process closes any descriptor of the file; here drop_posix_locks() does
//
// So blocking, deadlock detection and what happens at fork, exec and kill -9 are Linux's.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/process/program_file.h"
#include "shim/process/thread.h"
#include "shim/syscalls/shim_time.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

// Handles on which this process took a POSIX lock since it last dropped them; may be too many.
std::atomic<uint8_t> locked[kHandleCount / 8];

bool is_posix(int command) { return command == F_SETLK || command == F_SETLKW || command == F_GETLK; }

// The range of a lock in the file, as the kernel's flock64_to_posix_lock computes it. `l_len` 0: to the end of everything.
Result<void> resolve_range(const Target& target, struct flock& lock) {
  int64_t from = 0;
  switch (lock.l_whence) {
    case SEEK_SET: break;
    case SEEK_CUR: from = static_cast<int64_t>(target.open.position); break;
    case SEEK_END: {
      from = static_cast<int64_t>(TRY(target.volume().attributes(target.id.inode)).size);
      break;
    }
    default: return fail(EINVAL);
  }
  int64_t start, end;
  if (__builtin_add_overflow(from, int64_t{lock.l_start}, &start)) return fail(EOVERFLOW);
  if (__builtin_add_overflow(start, int64_t{lock.l_len}, &end)) return fail(EOVERFLOW);
  if (lock.l_len < 0) std::swap(start, end);
  if (start < 0) return fail(EINVAL);
  constexpr auto kEnd = static_cast<int64_t>(kPart);
  if (start >= kEnd || (lock.l_len != 0 && end > kEnd && end != INT64_MAX)) return fail(EOVERFLOW);
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = lock.l_len == 0 ? 0 : std::min(end, kEnd) - start;
  return {};
}

struct flock to_kernel(Handle handle, struct flock lock) {
  if (lock.l_len == 0) lock.l_len = static_cast<off_t>(kPart) - lock.l_start;
  lock.l_start += static_cast<off_t>(lock_base(handle));
  return lock;
}

struct flock from_kernel(Handle handle, struct flock lock) {
  lock.l_start -= static_cast<off_t>(lock_base(handle));
  if (lock.l_start + lock.l_len >= static_cast<off_t>(kPart)) lock.l_len = 0;
  return lock;
}

bool may_lock(const Target& target, short type) {
  return type == F_UNLCK || (type == F_RDLCK && target.may_read()) || (type == F_WRLCK && target.may_write());
}

// The two kinds are in two memory files, and exclude each other as well. Which of two that come at the same instant is first the
// kernel cannot decide then: each asks for the other kind before it takes its own.
int kernel_fd(bool posix, const Target& target) { return posix ? window::get(window::Slot::kPosixLocks) : target.fd; }
int fd_of_other_kind(bool posix) { return window::get(posix ? window::Slot::kHandles : window::Slot::kPosixLocks); }

// What of the other kind is in the way of `lock`; F_UNLCK: nothing.
Result<struct flock> ask_other_kind(bool posix, struct flock lock) {
  lock.l_pid = 0;
  TRY(from_raw(
      gate::call(SYS_fcntl, static_cast<uint64_t>(fd_of_other_kind(posix)), F_OFD_GETLK, gate::address_of(&lock))));
  return lock;
}

// Until nothing of the other kind is in the way: by taking it from there for a moment, through a description of its own.
int64_t wait_for_other_kind(bool posix, struct flock lock) {
  const auto opened = gate::descriptor_of(window::reopen(fd_of_other_kind(posix), O_RDWR | O_CLOEXEC));
  if (!opened) return -number_of(opened.error());
  const OwnedFd description(*opened);
  lock.l_pid = 0;
  return host_for_program(SYS_fcntl, static_cast<uint64_t>(description.get()), F_OFD_SETLKW, gate::address_of(&lock));
}

int64_t set(Call& call, const Target& target, struct flock& lock) {
  const int command = call.int_arg(1);
  const bool posix = is_posix(command);
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  while (lock.l_type != F_UNLCK) {
    const auto other = ask_other_kind(posix, lock);
    if (!other) return -number_of(other.error());
    if (other->l_type == F_UNLCK) break;
    if (!waits) return -EAGAIN;
    if (const int64_t waited = wait_for_other_kind(posix, lock); waited != 0) return waited;
  }
  if (posix && lock.l_type != F_UNLCK) {
    locked[target.open.handle / 8] |= static_cast<uint8_t>(1U << (target.open.handle % 8));
  }
  return host_for_program(SYS_fcntl, static_cast<uint64_t>(kernel_fd(posix, target)), static_cast<uint64_t>(command),
                          gate::address_of(&lock));
}

int64_t ask(Call& call, const Target& target, struct flock& lock) {
  const bool posix = is_posix(call.int_arg(1));
  const struct flock asked = lock;
  const int64_t result =
      gate::call(SYS_fcntl, static_cast<uint64_t>(kernel_fd(posix, target)), call.args[1], gate::address_of(&lock));
  if (result != 0 || lock.l_type != F_UNLCK || asked.l_type == F_UNLCK) return result;
  const auto other = ask_other_kind(posix, asked);
  if (!other) return -number_of(other.error());
  if (other->l_type != F_UNLCK) lock = *other;
  return 0;
}

}  // namespace

int64_t lock_command(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  struct flock lock;
  if (!read_app(lock, call.args[2])) return -EFAULT;
  const int command = call.int_arg(1);
  if (!is_posix(command) && lock.l_pid != 0) return -EINVAL;
  const bool asks = command == F_GETLK || command == F_OFD_GETLK;
  // F_OFD_GETLK with F_UNLCK asks for the description's own: the kernel knows, or says EINVAL (before Linux 6.6).
  const bool is_known =
      lock.l_type == F_RDLCK || lock.l_type == F_WRLCK || (lock.l_type == F_UNLCK && command != F_GETLK);
  if (!is_known) return -EINVAL;
  const struct flock asked = lock;
  if (const auto resolved = resolve_range(target, lock); !resolved) return -number_of(resolved.error());
  if (!asks && !may_lock(target, lock.l_type)) return -EBADF;
  lock = to_kernel(target.open.handle, lock);
  if (!asks) return set(call, target, lock);
  if (const int64_t result = ask(call, target, lock); result != 0) return result;
  struct flock answer = asked;
  answer.l_type = lock.l_type;
  if (lock.l_type != F_UNLCK) answer = from_kernel(target.open.handle, lock);
  return write_app(call.args[2], answer) ? 0 : -EFAULT;
}

Answer flock_call(Call& call, const Target& target) {
  if (target.is_path()) return -EBADF;
  const int operation = call.int_arg(1);
  constexpr int kMandatory = 32;  // LOCK_MAND: the kernel takes it for nothing
  if ((operation & kMandatory) != 0) return 0;
  struct flock lock = {.l_type = F_UNLCK,
                       .l_whence = SEEK_SET,
                       .l_start = static_cast<off_t>(flock_byte(target.open.handle)),
                       .l_len = 1,
                       .l_pid = 0};
  switch (operation & ~LOCK_NB) {
    case LOCK_SH: lock.l_type = F_RDLCK; break;
    case LOCK_EX: lock.l_type = F_WRLCK; break;
    case LOCK_UN: break;
    default: return -EINVAL;
  }
  const int command = (operation & LOCK_NB) != 0 || lock.l_type == F_UNLCK ? F_OFD_SETLK : F_OFD_SETLKW;
  const int64_t result = host_for_program(SYS_fcntl, static_cast<uint64_t>(target.fd), static_cast<uint64_t>(command),
                                          gate::address_of(&lock));
  return result == -EACCES ? -EWOULDBLOCK : result;
}

void drop_posix_locks(Handle handle) {
  const auto bit = static_cast<uint8_t>(1U << (handle % 8));
  if ((locked[handle / 8] & bit) == 0) return;
  const struct flock all = {.l_type = F_UNLCK,
                            .l_whence = SEEK_SET,
                            .l_start = static_cast<off_t>(lock_base(handle)),
                            .l_len = static_cast<off_t>(kPart),
                            .l_pid = 0};
  gate::call(SYS_fcntl, static_cast<uint64_t>(window::get(window::Slot::kPosixLocks)), F_SETLK, gate::address_of(&all));
  // A child of vfork shares this memory and not the locks: its parent's are still there.
  const ThreadControl* const control = current_control_or_null();
  if (control != nullptr && static_cast<const Thread*>(control)->shares_memory) return;
  locked[handle / 8] &= static_cast<uint8_t>(~bit);
}

void forget_posix_locks_after_fork() {
  for (auto& byte : locked) {
    if (byte != 0) byte = 0;
  }
}

}  // namespace redoubt::shim::volumes
