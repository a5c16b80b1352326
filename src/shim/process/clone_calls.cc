// SPDX-License-Identifier: Apache-2.0
//
// clone, clone3, fork and vfork. Four shapes are supported, decided by the flags:
//
//   CLONE_THREAD               a pthread of the runtime that enters the program with the caller's registers
//   CLONE_VM | CLONE_VFORK     a true vfork: the child shares memory and runs on a shim stack of its own while the
//                              parent's thread waits in the kernel, so what posix_spawn's child writes for its parent
//                              (the error of exec) arrives as natively
//   CLONE_VM alone             the same with a thread of the runtime as the one that waits
//   none of them               fork(3) of the runtime's libc, which keeps its allocator consistent in the child
//
// Refused: new namespaces (EPERM, as without CAP_SYS_ADMIN), and of the last shape an exit signal other than SIGCHLD,
// CLONE_PARENT, CLONE_FILES and CLONE_FS (EINVAL), which the C library's fork cannot express. One process, one descriptor table:
// the shim knows by number what a descriptor stands for, and a number that means two things would be shielded as one of them. So
// a thread must share the table (CLONE_FILES) and a process must not (EINVAL).
#include "shim/memory/app_memory.h"
#include "shim/process/clone_request.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                 CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME, clone3 only */;

int64_t create(Call& call, const CloneRequest& request) {
  if (request.has(CLONE_SIGHAND) && !request.has(CLONE_VM)) return -EINVAL;
  if (request.has(CLONE_THREAD) && !request.has(CLONE_SIGHAND)) return -EINVAL;
  if (request.has(CLONE_FS) && request.has(CLONE_NEWNS)) return -EINVAL;
  if ((request.flags & (kNamespaces | CLONE_INTO_CGROUP)) != 0) return -EPERM;
  if (request.has(CLONE_THREAD) != request.has(CLONE_FILES)) return -EINVAL;
  if (request.has(CLONE_THREAD)) {
    if (request.has(CLONE_PIDFD)) return -EINVAL;
    return create_thread(call, request);
  }
  if (request.has(CLONE_VM))
    return request.has(CLONE_VFORK) ? vfork_process(call, request) : process_beside(call, request);
  return fork_process(call, request);
}

}  // namespace

int64_t sys_clone(Call& call) {
  const uint64_t flags = call.args[0];
  CloneRequest request{.flags = flags & ~static_cast<uint64_t>(CSIGNAL) & 0xffffffffULL,
                       .exit_signal = flags & CSIGNAL,
                       .stack = call.args[1],
                       .parent_tid = call.args[2],
                       .child_tid = call.args[3],
                       .tls = call.args[4],
                       .pidfd = call.args[2]};
  if (request.has(CLONE_PIDFD) && request.has(CLONE_PARENT_SETTID)) return -EINVAL;
  return create(call, request);
}

int64_t sys_clone3(Call& call) {
  struct CloneArgs {  // struct clone_args, version 2
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  };
  static_assert(sizeof(CloneArgs) == 88);
  constexpr uint64_t kVersion0Size = 64;
  const uint64_t size = call.args[1];
  if (size > 4096) return -E2BIG;
  if (size < kVersion0Size) return -EINVAL;
  CloneArgs args{};
  const uint64_t known = size < sizeof(args) ? size : sizeof(args);
  if (!copy_from_app(&args, call.args[0], known)) return -EFAULT;
  for (uint64_t at = known; at < size; ++at) {
    uint8_t byte;
    if (!read_app(byte, call.args[0] + at)) return -EFAULT;
    if (byte != 0) return -E2BIG;
  }
  if ((args.flags & (CSIGNAL & ~0x80ULL)) != 0 || args.exit_signal > abi::kSignalCount) return -EINVAL;
  if ((args.stack == 0) != (args.stack_size == 0)) return -EINVAL;
  if (args.set_tid_size != 0) return -EPERM;  // restoring chosen pids is for checkpoint tools
  if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && args.exit_signal != 0) return -EINVAL;
  if ((args.flags & CLONE_CLEAR_SIGHAND) != 0 && (args.flags & CLONE_SIGHAND) != 0) return -EINVAL;
  const CloneRequest request{.flags = args.flags,
                             .exit_signal = args.exit_signal,
                             .stack = args.stack == 0 ? 0 : args.stack + args.stack_size,
                             .parent_tid = args.parent_tid,
                             .child_tid = args.child_tid,
                             .tls = args.tls,
                             .pidfd = args.pidfd};
  return create(call, request);
}

int64_t sys_fork(Call& call) { return fork_process(call, {.flags = 0, .exit_signal = SIGCHLD}); }

int64_t sys_vfork(Call& call) { return vfork_process(call, {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD}); }

int64_t sys_set_tid_address(Call& call) {
  if (call.thread.shares_memory) return pass(call);
  call.thread.clear_child_tid = call.args[0];
  return call.thread.tid;
}

int64_t sys_set_robust_list(Call& call) {
  const int64_t result = pass(call);
  if (result == 0) call.thread.robust_list = call.args[0];
  return result;
}

int64_t sys_get_robust_list(Call& call) {
  const int pid = call.int_arg(0);
  if (pid != 0 && pid != call.thread.tid) return pass(call);
  const uint64_t size = 24;
  if (!write_app(call.args[2], size) || !write_app(call.args[1], call.thread.robust_list)) return -EFAULT;
  return 0;
}

}  // namespace redoubt::shim
