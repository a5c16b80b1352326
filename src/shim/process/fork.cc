// SPDX-License-Identifier: Apache-2.0
//
// fork: by the runtime's libc, which keeps its allocator consistent in the child. Syscall User Dispatch is not inherited.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>

#include "shim/abi/restart.h"
#include "shim/files/raised_limit.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/patch/patcher.h"
#include "shim/process/clone_request.h"
#include "shim/process/fork_lock.h"
#include "shim/syscalls/shim_time.h"
#include "shim/syscalls/statistics.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim {
namespace {

// CLONE_PIDFD. libc's fork knows of none, so the descriptor is opened behind it, while the child waits at a pipe: of a child
// that has ended and was collected already (SIGCHLD ignored, a wait of another thread) there is none to be had. The pipe's
// reading end keeps the number for it. Used under ForkLock, so that no other child inherits the pipe.
class ChildDescriptor {
 public:
  // What the kernel finds before there is a child: EFAULT, EMFILE.
  Result<void> prepare(const CloneRequest& request) {
    if (!request.has(CLONE_PIDFD)) return {};
    int32_t present;
    if (!read_app(present, request.pidfd) || !write_app(request.pidfd, present)) return fail(EFAULT);
    rlimit limit{};
    gate::call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, gate::address_of(&limit));
    raised_.emplace(RLIMIT_NOFILE, 2);  // the program's own need is one
    if (const int64_t raw = gate::call(SYS_pipe2, gate::address_of(ends_), O_CLOEXEC); is_error(raw)) {
      ends_[0] = -1;
      return fail(static_cast<int>(-raw));
    }
    if (static_cast<rlim_t>(ends_[0]) >= limit.rlim_cur) {
      drop();
      return fail(EMFILE);
    }
    return {};
  }

  // In both processes, with what fork returned.
  void finish(const CloneRequest& request, pid_t pid) {
    if (ends_[0] < 0) return;
    if (pid == 0) {
      close_end(1);  // the parent's alone keeps the child waiting
      uint8_t byte;
      gate::call(SYS_read, static_cast<uint64_t>(ends_[0]), gate::address_of(&byte), 1);
      close_end(0);
    } else if (pid > 0) {
      const int64_t pidfd = gate::call(SYS_pidfd_open, static_cast<uint64_t>(pid));
      const uint8_t byte = 0;
      gate::call(SYS_write, static_cast<uint64_t>(ends_[1]), gate::address_of(&byte), 1);
      close_end(1);
      if (is_error(pidfd)) {
        close_end(0);
      } else {
        gate::call(SYS_dup3, static_cast<uint64_t>(pidfd), static_cast<uint64_t>(ends_[0]), O_CLOEXEC);
        gate::call(SYS_close, static_cast<uint64_t>(pidfd));
      }
      (void)write_app(request.pidfd, static_cast<int32_t>(is_error(pidfd) ? pidfd : ends_[0]));
    } else {
      drop();
    }
    raised_.reset();  // in the child too: it inherited the raised one
  }

 private:
  void close_end(int end) { gate::call(SYS_close, static_cast<uint64_t>(ends_[end])); }
  void drop() {
    close_end(0);
    close_end(1);
    ends_[0] = -1;
  }

  int32_t ends_[2] = {-1, -1};
  std::optional<RaisedSoftLimit> raised_;
};

}  // namespace

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
    ChildDescriptor descriptor;
    auto prepared = descriptor.prepare(request);
    if (prepared) prepared = lock.prepare();
    if (!prepared) {
      pid = -1;
      error = number_of(prepared.error());
    } else {
      {
        const HostTime time;
        pid = fork();
      }
      error = errno;
      lock.finish(pid);
    }
    descriptor.finish(request, pid);
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
  set_host_signals(host_signals);
  return pid;
}

}  // namespace redoubt::shim
