// SPDX-License-Identifier: Apache-2.0
//
// fork: by the runtime's libc, which keeps its allocator consistent in the child. Syscall User Dispatch is not inherited.
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/abi/restart.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/patch/patcher.h"
#include "shim/process/clone_request.h"
#include "shim/process/fork_lock.h"
#include "shim/syscalls/statistics.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim {

int64_t fork_process(Call& call, const CloneRequest& request) {
  // libc's fork knows only this one. A copy where the program asked to share would go unnoticed.
  constexpr uint64_t kInexpressible = CLONE_PARENT | CLONE_FILES | CLONE_FS;
  if (request.exit_signal != SIGCHLD || request.has(kInexpressible)) return -EINVAL;
  Thread& thread = call.thread;
  patch::rewrite_for_children(thread, call.frame);
  const uint64_t host_signals = block_host_signals();
  if (thread.captured) {  // as the kernel: signals first, so that parent and child do not both have them
    set_host_signals(host_signals);
    return abi::kRestartAlways;
  }
  pid_t pid;
  int error;
  {
    ForkLock lock(*thread.actions);
    volumes::before_fork();
    patch::share_counts_with_child();
    if (const auto prepared = lock.prepare(); !prepared) {
      pid = -1;
      error = number_of(prepared.error());
    } else {
      pid = fork();
      error = errno;
      lock.finish(pid);
    }
    volumes::after_fork(pid == 0);
  }
  if (pid < 0) {
    set_host_signals(host_signals);
    return -error;
  }
  if (pid == 0) {
    reattach_after_fork(thread);
    statistics::reset(*thread.counters);
    thread.is_main = true;
    thread.robust_list = 0;
    for (abi::Siginfo& late : thread.late) late.signo = 0;
    CloneRequest mine = request;
    mine.flags &= ~static_cast<uint64_t>(CLONE_PARENT_SETTID);
    announce_tid(thread, mine);
    if (request.has(CLONE_SETTLS)) thread.app_fs = request.tls;
    if (request.stack != 0) call.frame.regs.rsp = request.stack;
    if (request.has(CLONE_CLEAR_SIGHAND)) reset_handlers(*thread.actions);
    set_host_signals(host_signals);
    return 0;
  }
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, static_cast<int32_t>(pid));
  if (request.has(CLONE_PIDFD)) {
    const auto pidfd = static_cast<int32_t>(gate::call(SYS_pidfd_open, static_cast<uint64_t>(pid)));
    (void)write_app(request.pidfd, pidfd);
  }
  set_host_signals(host_signals);
  return pid;
}

}  // namespace redoubt::shim
