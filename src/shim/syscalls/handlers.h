// SPDX-License-Identifier: Apache-2.0
//
// The handlers that rows of the table name: one function a system call, named after its man page, grouped by the folder
// that implements it. A handler runs on the shim's stack and thread pointer with the program's registers in `Call`; it
// returns a result, -errno, or a restart code (abi/restart.h).
#pragma once

#include <cstdint>
#include <optional>

namespace redoubt::shim {

struct Call;

// ---- process/: signals ----
int64_t sys_rt_sigaction(Call& call);
int64_t sys_rt_sigprocmask(Call& call);
int64_t sys_rt_sigreturn(Call& call);
int64_t sys_rt_sigsuspend(Call& call);
int64_t sys_rt_sigpending(Call& call);
int64_t sys_rt_sigtimedwait(Call& call);
int64_t sys_rt_sigqueueinfo(Call& call);
int64_t sys_rt_tgsigqueueinfo(Call& call);
int64_t sys_pidfd_send_signal(Call& call);
int64_t sys_sigaltstack(Call& call);
int64_t sys_signalfd(Call& call);
int64_t sys_signalfd4(Call& call);
int64_t sys_ppoll(Call& call);
int64_t sys_pselect6(Call& call);
int64_t sys_epoll_pwait(Call& call);
int64_t sys_epoll_pwait2(Call& call);

// ---- process/: processes and threads ----
int64_t sys_clone(Call& call);
int64_t sys_clone3(Call& call);
int64_t sys_fork(Call& call);
int64_t sys_vfork(Call& call);
int64_t sys_execve(Call& call);
int64_t sys_execveat(Call& call);
int64_t sys_exit(Call& call);
int64_t sys_exit_group(Call& call);
int64_t sys_change_credentials(Call& call);  // setuid and its kin, capset
int64_t sys_set_dumpable(Call& call);        // options of prctl
int64_t sys_get_dumpable(Call& call);
int64_t sys_set_tid_address(Call& call);
int64_t sys_set_robust_list(Call& call);
int64_t sys_get_robust_list(Call& call);
int64_t sys_arch_prctl(Call& call);

// ---- memory/ ----
int64_t sys_mmap(Call& call);
int64_t sys_munmap(Call& call);
int64_t sys_mremap(Call& call);
int64_t sys_mprotect(Call& call);
int64_t sys_pkey_mprotect(Call& call);
int64_t sys_brk(Call& call);
int64_t sys_madvise(Call& call);
int64_t sys_process_madvise(Call& call);
int64_t sys_shmat(Call& call);
int64_t sys_shmdt(Call& call);
int64_t sys_remap_file_pages(Call& call);
int64_t sys_mseal(Call& call);

// ---- files/ ----
int64_t sys_open(Call& call);
int64_t sys_openat(Call& call);
int64_t sys_openat2(Call& call);
int64_t sys_creat(Call& call);
int64_t sys_readlink(Call& call);
int64_t sys_readlinkat(Call& call);
int64_t sys_stat(Call& call);
int64_t sys_lstat(Call& call);
int64_t sys_newfstatat(Call& call);
int64_t sys_statx(Call& call);
int64_t sys_access(Call& call);
int64_t sys_faccessat(Call& call);
int64_t sys_faccessat2(Call& call);
int64_t sys_getdents(Call& call);
int64_t sys_getdents64(Call& call);
int64_t sys_close_range(Call& call);
// CLOSE_RANGE_UNSHARE: EINVAL in a process with several threads (namespaces.cc says why), else taken out of the call.
std::optional<int64_t> settle_unshare(Call& call);
int64_t sys_dup2(Call& call);
int64_t sys_dup3(Call& call);
int64_t sys_getrlimit(Call& call);
int64_t sys_setrlimit(Call& call);
int64_t sys_prlimit64(Call& call);

// ---- syscalls/: decided by argument ----
// Also sys_by_command, in command.h.
int64_t sys_unshare(Call& call);           // namespaces.cc
int64_t sys_process_vm_readv(Call& call);  // process_vm.cc
int64_t sys_process_vm_writev(Call& call);

}  // namespace redoubt::shim
