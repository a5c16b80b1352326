// SPDX-License-Identifier: Apache-2.0
//
// unshare(2). Leaving what threads share within the process passes; a new namespace would move the runtime as well, to
// where its paths, sockets and process numbers mean something else, and is refused as to a process without privilege.
#include <sched.h>

#include <cerrno>

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
  return pass(call);
}

}  // namespace redoubt::shim
