// SPDX-License-Identifier: Apache-2.0
//
// The probes. Numbers that Debian 12's headers may lack on an older build machine come from the kernel's uapi headers;
// what is asked is always the running kernel.
#include "cli/platform_checks.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "cli/runtime_location.h"

namespace redoubt::cli {
namespace {

constexpr long kProcMagic = 0x9fa0;          // PROC_SUPER_MAGIC
constexpr unsigned long kFsgsbase = 1 << 1;  // HWCAP2_FSGSBASE, arch/x86/include/uapi/asm/hwcap2.h
constexpr rlim_t kDescriptorsWanted = 4096;

std::string error_text(int error) { return std::string(strerrorname_np(error)) + ", " + strerrordesc_np(error); }

// A call that fails with one of its own errors is there; ENOSYS means the kernel lacks it, EPERM that a filter refuses.
Finding reached_kernel(long result) {
  if (result < 0 && (errno == ENOSYS || errno == EPERM)) return {false, error_text(errno)};
  return {true, "available"};
}

// --- Syscall User Dispatch, tried in a forked child ---

enum ChildStatus : int { kArrived = 0, kDidNotArrive = 1, kBadDetails = 2, kErrnoBase = 3 };

volatile char g_selector = SYSCALL_DISPATCH_FILTER_ALLOW;
volatile int g_dispatched_number = -1;
volatile int g_dispatched_code = 0;

void on_sigsys(int, siginfo_t* info, void*) {
  g_selector = SYSCALL_DISPATCH_FILTER_ALLOW;  // first of all: the return from this handler is itself a system call
  g_dispatched_number = info->si_syscall;
  g_dispatched_code = info->si_code;
}

[[noreturn]] void dispatch_in_child() {
  struct sigaction action = {};
  action.sa_sigaction = on_sigsys;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L, &g_selector) != 0) _exit(kErrnoBase + errno);
  g_selector = SYSCALL_DISPATCH_FILTER_BLOCK;
  long result = SYS_getppid;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  g_selector = SYSCALL_DISPATCH_FILTER_ALLOW;
  constexpr int kUserDispatch = 2;  // SYS_USER_DISPATCH, include/uapi/asm-generic/siginfo.h
  if (g_dispatched_number < 0) _exit(kDidNotArrive);
  _exit(g_dispatched_number == SYS_getppid && g_dispatched_code == kUserDispatch ? kArrived : kBadDetails);
}

}  // namespace

Finding probe_architecture() {
  utsname name;
  if (uname(&name) != 0) return {false, error_text(errno)};
  return {std::strcmp(name.machine, "x86_64") == 0, name.machine};
}

Finding probe_kernel_version() {
  utsname name;
  if (uname(&name) != 0) return {false, error_text(errno)};
  int major = 0;
  int minor = 0;
  if (std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return {false, name.release};
  return {major > 5 || (major == 5 && minor >= 11), name.release};
}

Finding probe_syscall_dispatch() {
  const pid_t child = fork();
  if (child < 0) return {false, "cannot fork: " + error_text(errno)};
  if (child == 0) dispatch_in_child();
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return {false, "the trial was killed by SIG" + std::string(sigabbrev_np(WTERMSIG(status)))};
  switch (WEXITSTATUS(status)) {
    case kArrived: return {true, "a dispatched call arrived"};
    case kDidNotArrive: return {false, "switched on, but the call went to the kernel"};
    case kBadDetails: return {false, "the signal arrived with wrong details"};
    default: return {false, "prctl: " + error_text(WEXITSTATUS(status) - kErrnoBase)};
  }
}

Finding probe_fsgsbase() {
  const bool present = getauxval(AT_HWCAP2) & kFsgsbase;
  return {present, present ? "usable" : "not announced in AT_HWCAP2"};
}

Finding probe_close_range() {
  return reached_kernel(syscall(SYS_close_range, ~0U, ~0U, 0));  // no descriptor has that number
}

Finding probe_execveat() { return reached_kernel(syscall(SYS_execveat, -1, "", nullptr, nullptr, AT_EMPTY_PATH)); }

Finding probe_proc() {
  struct statfs info;
  if (statfs("/proc", &info) != 0) return {false, error_text(errno)};
  if (info.f_type != kProcMagic) return {false, "/proc is another kind of file system"};
  if (access("/proc/self/exe", F_OK) != 0) return {false, "mounted, but /proc/self/exe: " + error_text(errno)};
  return {true, "mounted"};
}

Finding probe_runtime() {
  Result<std::string> runtime = find_runtime();
  if (runtime) return {true, *runtime};
  return {false, "no executable beside this command or in ../libexec/redoubt"};
}

Finding probe_membarrier() {
  const long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  if (commands < 0) return {false, error_text(errno)};
  const bool present = commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
  return {present, present ? "available" : "membarrier without SYNC_CORE"};
}

Finding probe_memfd_secret() {
  const long fd = syscall(SYS_memfd_secret, O_CLOEXEC);
  if (fd < 0) return {false, error_text(errno)};
  close(static_cast<int>(fd));
  return {true, "available"};
}

Finding probe_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {false, error_text(errno)};
  if (limit.rlim_max == RLIM_INFINITY) return {true, "unlimited"};
  return {limit.rlim_max >= kDescriptorsWanted, std::to_string(limit.rlim_max)};
}

Finding probe_overcommit() {
  std::ifstream file("/proc/sys/vm/overcommit_memory");
  int mode = -1;
  if (!(file >> mode)) return {true, "unknown"};
  return {mode != 2, "mode " + std::to_string(mode)};
}

}  // namespace redoubt::cli
