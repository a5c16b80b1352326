// SPDX-License-Identifier: Apache-2.0
//
// arch_prctl: the program's thread pointer is a value in our record, loaded when the program is resumed. %gs is ours.
#include <asm/prctl.h>

#include "shim/memory/app_memory.h"
#include "shim/patch/patcher.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {

int64_t sys_arch_prctl(Call& call) {
  constexpr uint64_t kUserTop = 0x7ffffffff000;
  constexpr int kGetCpuid = 0x1011, kSetCpuid = 0x1012;
  constexpr int kFirstXcomp = 0x1021, kLastXcomp = 0x1025;  // ARCH_GET_XCOMP_SUPP ... ARCH_REQ_XCOMP_GUEST_PERM
  constexpr int kRequestXcomp = 0x1023;                     // ARCH_REQ_XCOMP_PERM
  switch (call.int_arg(0)) {
    case ARCH_SET_FS:
      if (call.args[1] >= kUserTop) return -EPERM;
      call.thread.app_fs = call.args[1];
      return 0;
    case ARCH_GET_FS: return write_app(call.args[1], call.thread.app_fs) ? 0 : -EFAULT;
    case ARCH_GET_GS: {
      const uint64_t none = 0;
      return write_app(call.args[1], none) ? 0 : -EFAULT;
    }
    case ARCH_SET_GS: return -EPERM;  // the shim finds its thread through it
    case kGetCpuid:
    case kSetCpuid: return pass(call);
    default:
      // More state than patched calls keep.
      if (call.int_arg(0) == kRequestXcomp && !patch::stop()) return -ENOMEM;
      if (call.int_arg(0) >= kFirstXcomp && call.int_arg(0) <= kLastXcomp) return pass(call);
      return -EINVAL;
  }
}

}  // namespace redoubt::shim
