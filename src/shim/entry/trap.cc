// SPDX-License-Identifier: Apache-2.0
//
// The hosted side of the entry: what happens between a trap and the return to the program. Runs on the shim's stack and
// thread pointer with the program's signals deliverable (they are captured, entry/nested.cc).
//
//   trapped call       dispatch, store the result or prepare the restart, then deliver what was captured meanwhile
//   anything else      a signal for the program: deliver it
#include <sys/syscall.h>

#include "shim/abi/restart.h"
#include "shim/entry/nested.h"
#include "shim/patch/patched_call.h"
#include "shim/patch/patcher.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"
#include "shim/syscalls/dispatch.h"
#include "shim/syscalls/statistics.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kSyscallInstructionSize = 2;

void handle_call(Thread& thread, const abi::Siginfo& info, abi::UserContext& frame) {
  if (info.syscall_arch() != abi::kArchX86_64) {  // int 0x80
    frame.regs.rax = static_cast<uint64_t>(-ENOSYS);
    return;
  }
  patch::note_trap(thread, frame);
  statistics::count_trap(*thread.counters);
  finish_call(thread, frame, dispatch(thread, frame));
}

// Raised by an instruction of the runtime in the program's stead, and dealt with.
bool is_own(Thread& thread, int signal, const abi::Siginfo& info, abi::UserContext& frame) {
  if (!abi::is_synchronous(info)) return false;
  switch (signal) {
    case SIGTRAP: return patch::is_own_trap(frame, info);
    case SIGSEGV:
    case SIGBUS: return patch::is_own_fault(thread, frame);
    default: return false;
  }
}

// The next signal that waits for this thread and that the program lets through. False when there is none.
bool take_waiting(Thread& thread, abi::Siginfo& info) {
  if (thread.captured_signal.signo != 0) {
    info = thread.captured_signal;
    thread.captured_signal.signo = 0;
    return true;
  }
  for (abi::Siginfo& late : thread.late) {
    if (late.signo == 0 || (thread.mask & abi::mask_of(late.signo)) != 0) continue;
    info = late;
    late.signo = 0;
    return true;
  }
  return false;
}

}  // namespace

void finish_call(Thread& thread, abi::UserContext& frame, int64_t result) {
  if (result == abi::kFrameReplaced) return;
  if (abi::is_restart(result)) {
    thread.restart = result;
    frame.regs.rip -= kSyscallInstructionSize;  // %rax still holds the number
    return;
  }
  frame.regs.rax = static_cast<uint64_t>(result);
}

}  // namespace redoubt::shim

using redoubt::shim::Thread;

extern "C" __attribute__((visibility("hidden"))) void redoubt_trap(int signal, redoubt::abi::Siginfo* info,
                                                                   redoubt::abi::UserContext* frame) {
  Thread& thread = redoubt::shim::current_thread();
  thread.restart = 0;
  thread.is_frame_bare = false;
  if (signal == SIGSYS && info->code == redoubt::abi::kSysUserDispatch && redoubt::abi::is_synchronous(*info)) {
    redoubt::shim::handle_call(thread, *info, *frame);
  } else if (!redoubt::shim::is_own(thread, signal, *info, *frame)) {
    redoubt::shim::patch::present(thread, *frame);
    redoubt::shim::deliver_signal(thread, *frame, *info);
  }
  frame->sigmask = redoubt::abi::host_mask(thread.mask);
}

extern "C" __attribute__((visibility("hidden"))) void redoubt_deliver_captured(redoubt::abi::UserContext* frame) {
  Thread& thread = redoubt::shim::current_thread();
  // Cleared first: a signal sent meanwhile (SIGSEGV and SIGBUS are never blocked) sets it again and is seen below.
  thread.captured = 0;
  redoubt::abi::Siginfo info;
  while (redoubt::shim::take_waiting(thread, info)) redoubt::shim::deliver_signal(thread, *frame, info);
  if (thread.mask_to_restore) {  // nothing was delivered under the temporary mask after all
    redoubt::shim::set_program_mask(thread, *thread.mask_to_restore);
    thread.mask_to_restore.reset();
  }
  frame->sigmask = redoubt::abi::host_mask(thread.mask);
}
