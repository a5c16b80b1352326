// SPDX-License-Identifier: Apache-2.0
//
// Stand-ins for the handlers of the other folders, and for the host. A handler that is missing here fails to link.
#include <cerrno>

#include "shim/abi/numbers.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/fake_host.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {

// clang-format off
#define HANDLERS_OF_OTHER_FOLDERS(X)                                                                      \
  X(rt_sigaction) X(rt_sigprocmask) X(rt_sigreturn) X(rt_sigsuspend) X(rt_sigpending) X(rt_sigtimedwait)  \
  X(rt_sigqueueinfo) X(rt_tgsigqueueinfo) X(pidfd_send_signal)                                            \
  X(sigaltstack) X(signalfd) X(signalfd4) X(ppoll) X(pselect6) X(epoll_pwait) X(epoll_pwait2) X(clone)    \
  X(clone3) X(fork) X(vfork) X(execve) X(execveat) X(exit) X(exit_group) X(set_tid_address)               \
  X(set_robust_list) X(get_robust_list) X(arch_prctl) X(mmap) X(munmap) X(mremap) X(mprotect)             \
  X(pkey_mprotect) X(brk) X(madvise) X(process_madvise) X(shmat) X(shmdt) X(remap_file_pages) X(mseal)    \
  X(open) X(openat) X(openat2) X(creat) X(readlink) X(readlinkat) X(stat) X(lstat) X(newfstatat)          \
  X(statx) X(access) X(faccessat) X(faccessat2) X(getdents) X(getdents64) X(close_range) X(dup2)          \
  X(dup3) X(getrlimit) X(setrlimit) X(prlimit64) X(set_dumpable) X(change_credentials) X(get_dumpable)
// clang-format on

#define FAKE_HANDLER(name) \
  int64_t sys_##name(Call&) { return fake::kHandledElsewhere; }
HANDLERS_OF_OTHER_FOLDERS(FAKE_HANDLER)
#undef FAKE_HANDLER

namespace fake {

Host& host() {
  static Host the_host;
  return the_host;
}

void reset_host() { host() = Host{}; }

}  // namespace fake

int64_t pass(Call& call) {
  ++fake::host().passed;
  fake::host().last_number = call.number;
  return fake::host().result;
}

int64_t pass_with(Call& call, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) { return pass(call); }

bool is_only_thread(const Thread&) { return fake::host().is_only_thread; }

namespace volumes {
bool is_active() { return false; }
void after_call(const Call&, int64_t) {}
}  // namespace volumes

namespace window {
bool contains(int fd) { return fd == fake::host().own_descriptor; }
}  // namespace window

}  // namespace redoubt::shim

namespace redoubt::gate {

int64_t call(int64_t number, uint64_t a0, uint64_t a1, uint64_t, uint64_t, uint64_t, uint64_t) {
  const shim::fake::Host& host = shim::fake::host();
  const auto own_pid = static_cast<uint64_t>(host.own_pid);
  if (number == abi::nr::getpid) return host.own_pid;
  if (number == abi::nr::tgkill) {
    return a0 == own_pid && a1 == static_cast<uint64_t>(host.own_tid) ? 0 : -ESRCH;
  }
  return -ENOSYS;
}

}  // namespace redoubt::gate
