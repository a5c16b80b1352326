// SPDX-License-Identifier: Apache-2.0
//
// process_vm_readv(2) and process_vm_writev(2): a process may use them on itself, as garbage collectors and profilers
// do to probe memory without faulting. Another process's memory is another shim's business, and EPERM is Linux's own
// answer where the caller may not trace the target.
#include <cerrno>

#include "shim/abi/numbers.h"
#include "shim/gate/gate.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

namespace nr = abi::nr;

// The kernel takes any thread's number for its process. Signal 0 is sent to nobody, but only to one's own threads.
bool is_own(int pid) {
  const auto own = static_cast<uint64_t>(gate::call(nr::getpid));
  const auto target = static_cast<uint64_t>(pid);
  return target == own || (pid > 0 && gate::call(nr::tgkill, own, target, 0) == 0);
}

int64_t pass_if_own(Call& call) {
  const int pid = call.int_arg(0);
  if (is_own(pid)) return pass(call);
  // Nobody: ESRCH. Signal 0 is sent to nobody.
  if (pid <= 0 || gate::call(nr::tkill, static_cast<uint64_t>(pid), 0) == -ESRCH) return -ESRCH;
  return -EPERM;
}

}  // namespace

int64_t sys_process_vm_readv(Call& call) { return pass_if_own(call); }
int64_t sys_process_vm_writev(Call& call) { return pass_if_own(call); }

}  // namespace redoubt::shim
