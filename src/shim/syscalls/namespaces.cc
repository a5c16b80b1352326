// SPDX-License-Identifier: Apache-2.0
//
// unshare(2). Leaving what threads share within the process passes, but for the descriptor table: the shim knows by number what a
// descriptor stands for, so a thread with a table of its own is refused. A new namespace would move the runtime as well, to
// where its paths, sockets and process numbers mean something else, and is refused as to a process without privilege.
#include <sched.h>

#include <cerrno>

#include "shim/process/thread.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kNewTime = 0x80;  // CLONE_NEWTIME
constexpr uint64_t kNamespaces = kNewTime | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
// The kernel refuses the last three itself where the process has other threads.
constexpr uint64_t kWithinProcess = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;

}  // namespace

int64_t sys_unshare(Call& call) {
  const uint64_t flags = call.args[0];
  if ((flags & ~(kNamespaces | kWithinProcess)) != 0) return -EINVAL;
  if ((flags & kNamespaces) != 0) return -EPERM;
  if ((flags & CLONE_FILES) == 0) return pass(call);
  if (!is_only_thread(call.thread)) return -EINVAL;
  const uint64_t rest = flags & ~static_cast<uint64_t>(CLONE_FILES);  // its table is its own already
  return rest == 0 ? 0 : pass_with(call, rest);
}

}  // namespace redoubt::shim
