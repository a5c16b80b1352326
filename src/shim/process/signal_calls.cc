// SPDX-License-Identifier: Apache-2.0
//
// The system calls about signals. Masks and alternate stacks are the shim's own records (the kernel's change when the
// program is resumed); pending signals, waiting and queues stay in the kernel, which blocks for the program exactly
// what the program blocks, except SIGSYS, SIGSEGV and SIGBUS (abi::kNeverBlocked).
#include <sys/syscall.h>

#include <csignal>
#include <cstddef>

#include "shim/abi/restart.h"
#include "shim/entry/nested.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/hooks.h"
#include "shim/patch/patched_call.h"
#include "shim/process/signals.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim {
namespace {

// Runs a call under a temporary mask. When a signal cut it short, the mask stays until the handler's frame is built, as
// the kernel's set_restore_sigmask: the handler runs under it, and the frame restores the old one.
template <typename Wait>
int64_t with_mask(Thread& thread, uint64_t mask, Wait wait) {
  if (thread.captured) return abi::kRestartAlways;
  thread.mask_to_restore = thread.mask;
  set_program_mask(thread, mask);  // may let a signal through that only the shim held back
  const int64_t result = thread.captured ? -EINTR : wait(abi::host_mask(thread.mask));
  if (result != -EINTR || !thread.captured) {
    set_program_mask(thread, *thread.mask_to_restore);
    thread.mask_to_restore.reset();
  }
  return result;
}

// The mask argument of ppoll and friends: a pointer, null for "leave it", and its size.
template <typename Wait>
int64_t with_optional_mask(Call& call, uint64_t mask_at, uint64_t size, Wait wait) {
  if (mask_at == 0) return wait(0);
  if (size != abi::kSigsetSize) return -EINVAL;
  uint64_t mask;
  if (!read_app(mask, mask_at)) return -EFAULT;
  return with_mask(call.thread, mask, [&](uint64_t host) { return wait(gate::address_of(&host)); });
}

// Before the program's mask takes in more: a signal that was captured earlier must be delivered under the old mask, for
// once it is blocked it could only go back to the kernel, behind those that came after it. False when there is one. Of what
// `host_mask` blocks none can be captured from here on.
bool begin_blocking(Thread& thread, uint64_t host_mask) {
  if (abi::is_restart(
          gate::interruptible(SYS_rt_sigprocmask, SIG_SETMASK, gate::address_of(&host_mask), 0, abi::kSigsetSize))) {
    return false;
  }
  thread.kernel_mask = host_mask;
  return true;
}

// Sends the siginfo at argument `index`. One with the code of a fault, which the kernel takes for its sender only, is marked, so
// that it is never taken for a fault when it arrives.
int64_t send_info(Call& call, int index) {
  constexpr size_t kKnown = 48;  // what the kernel reads of a code that it knows
  abi::Siginfo info{};
  const uint64_t at = call.args[index];
  if (!read_app(info, at) && !copy_from_app(&info, at, kKnown)) return -EFAULT;
  if (info.code > 0) info.origin = abi::kForged;
  uint64_t args[4] = {call.args[0], call.args[1], call.args[2], call.args[3]};
  args[index] = gate::address_of(&info);
  return pass_with(call, args[0], args[1], args[2], args[3]);
}

bool valid_signal(int signal) { return signal >= 1 && signal <= abi::kSignalCount; }

}  // namespace

int64_t sys_rt_sigaction(Call& call) {
  const int signal = call.int_arg(0);
  if (call.args[3] != abi::kSigsetSize) return -EINVAL;
  if (!valid_signal(signal)) return -EINVAL;
  abi::KernelSigaction previous;
  if (call.args[1] != 0) {
    abi::KernelSigaction action;
    if (!read_app(action, call.args[1])) return -EFAULT;
    if ((abi::kUncatchable & abi::mask_of(signal)) != 0) return -EINVAL;
    // Flags that the kernel does not know read back as zero: programs probe for them (SA_UNSUPPORTED, Linux 5.11).
    constexpr uint64_t kKnownFlags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |
                                     SA_RESETHAND | abi::kSaRestorer | 0x800 /* SA_EXPOSE_TAGBITS */;
    action.flags &= kKnownFlags;
    const auto exchanged = call.thread.actions->exchange(signal, action);
    if (!exchanged) return -number_of(exchanged.error());
    previous = *exchanged;
  } else {
    previous = call.thread.actions->get(signal);
  }
  if (call.args[2] != 0 && !write_app(call.args[2], previous)) return -EFAULT;
  return 0;
}

int64_t sys_rt_sigprocmask(Call& call) {
  if (call.args[3] != abi::kSigsetSize) return -EINVAL;
  const uint64_t previous = call.thread.mask;
  if (call.args[1] != 0) {
    uint64_t set;
    if (!read_app(set, call.args[1])) return -EFAULT;
    uint64_t next;
    switch (call.int_arg(0)) {
      case SIG_BLOCK: next = previous | set; break;
      case SIG_UNBLOCK: next = previous & ~set; break;
      case SIG_SETMASK: next = set; break;
      default: return -EINVAL;
    }
    next &= ~abi::kUncatchable;
    if ((next & ~previous) != 0 && !begin_blocking(call.thread, abi::host_mask(next))) return abi::kRestartAlways;
    set_program_mask(call.thread, next);
  }
  if (call.args[2] != 0 && !write_app(call.args[2], previous)) return -EFAULT;
  return 0;
}

int64_t sys_rt_sigreturn(Call& call) {
  // The mask of the handler is in force until here: what it let through and came meanwhile runs first, on top of the
  // frame that is about to be left, exactly as if it had come one instruction earlier.
  if (!begin_blocking(call.thread, abi::host_mask(abi::kBlockAll))) return abi::kRestartAlways;
  patch::complete(call.thread, call.frame);
  if (!pop_signal_frame(call.thread, call.frame)) {
    force_signal(call.thread, call.frame, SIGSEGV, 0x80 /* SI_KERNEL */, 0);
  }
  return abi::kFrameReplaced;
}

int64_t sys_rt_sigsuspend(Call& call) {
  if (call.args[1] != abi::kSigsetSize) return -EINVAL;
  uint64_t mask;
  if (!read_app(mask, call.args[0])) return -EFAULT;
  return with_mask(call.thread, mask & ~abi::kUncatchable, [](uint64_t host) {
    return host_for_program(SYS_rt_sigsuspend, gate::address_of(&host), abi::kSigsetSize);
  });
}

int64_t sys_rt_sigpending(Call& call) {
  if (call.args[1] > abi::kSigsetSize) return -EINVAL;
  uint64_t pending = 0;
  const int64_t result = gate::call(SYS_rt_sigpending, gate::address_of(&pending), abi::kSigsetSize);
  if (is_error(result)) return result;
  for (const abi::Siginfo& late : call.thread.late) {
    if (late.signo != 0) pending |= abi::mask_of(late.signo);
  }
  pending &= call.thread.mask;
  return copy_to_app(call.args[0], &pending, call.args[1]) ? 0 : -EFAULT;
}

int64_t sys_rt_sigtimedwait(Call& call) {
  if (call.args[3] != abi::kSigsetSize) return -EINVAL;
  uint64_t set;
  if (!read_app(set, call.args[0])) return -EFAULT;
  for (abi::Siginfo& late : call.thread.late) {
    if (late.signo == 0 || (set & abi::mask_of(late.signo)) == 0) continue;
    abi::Siginfo shown = late;
    shown.origin = 0;
    if (call.args[1] != 0 && !write_app(call.args[1], shown)) return -EFAULT;
    const int signal = late.signo;
    late.signo = 0;
    return signal;
  }
  // The kernel dequeues these itself and no handler runs, so SIGSYS and the faults may stay in the set.
  const int64_t result = pass(call);
  if (result > 0 && call.args[1] != 0) {
    const uint64_t origin_at = call.args[1] + offsetof(abi::Siginfo, origin);
    int32_t origin = 0;
    if (read_app(origin, origin_at) && origin == abi::kForged) (void)write_app(origin_at, int32_t{0});
  }
  return result;
}

int64_t sys_rt_sigqueueinfo(Call& call) { return send_info(call, 2); }
int64_t sys_rt_tgsigqueueinfo(Call& call) { return send_info(call, 3); }
int64_t sys_pidfd_send_signal(Call& call) { return call.args[2] == 0 ? pass(call) : send_info(call, 2); }

int64_t sys_sigaltstack(Call& call) {
  Thread& thread = call.thread;
  const uint64_t sp = call.frame.regs.rsp;
  abi::SignalStack previous = thread.app_stack;
  previous.flags = thread.app_stack_state(sp) | (thread.app_stack.flags & abi::kAutodisarm);
  if (call.args[0] != 0) {
    abi::SignalStack next;
    if (!read_app(next, call.args[0])) return -EFAULT;
    if (thread.on_app_stack(sp)) return -EPERM;
    const int32_t mode = next.flags & ~abi::kAutodisarm;
    if (mode != 0 && mode != abi::kOnStack && mode != abi::kStackDisabled) return -EINVAL;
    if (mode == abi::kStackDisabled) {
      thread.app_stack = {.sp = 0, .flags = next.flags, .padding = 0, .size = 0};
    } else {
      if (next.size < abi::kMinimumSignalStack) return -ENOMEM;
      thread.app_stack = next;
      thread.app_stack.flags &= abi::kAutodisarm;
    }
  }
  if (call.args[1] != 0 && !write_app(call.args[1], previous)) return -EFAULT;
  return 0;
}

int64_t sys_ppoll(Call& call) {
  return with_optional_mask(call, call.args[3], call.args[4], [&](uint64_t mask) {
    if (net::hooks != nullptr) {
      if (const auto answer = net::hooks->ppoll(call, mask)) return *answer;
    }
    return pass_with(call, call.args[0], call.args[1], call.args[2], mask, abi::kSigsetSize);
  });
}

int64_t sys_pselect6(Call& call) {
  struct MaskArgument {
    uint64_t address;
    uint64_t size;
  } argument{};
  if (call.args[5] != 0 && !read_app(argument, call.args[5])) return -EFAULT;
  return with_optional_mask(call, argument.address, argument.size, [&](uint64_t mask) {
    if (net::hooks != nullptr) {
      if (const auto answer = net::hooks->pselect6(call, mask)) return *answer;
    }
    const MaskArgument host{.address = mask, .size = abi::kSigsetSize};
    return pass_with(call, call.args[0], call.args[1], call.args[2], call.args[3], call.args[4],
                     gate::address_of(&host));
  });
}

int64_t sys_epoll_pwait(Call& call) {
  return with_optional_mask(call, call.args[4], call.args[5], [&](uint64_t mask) {
    if (net::hooks != nullptr) {
      if (const auto answer = net::hooks->epoll_pwait(call, mask)) return *answer;
    }
    return pass_with(call, call.args[0], call.args[1], call.args[2], call.args[3], mask, abi::kSigsetSize);
  });
}

int64_t sys_epoll_pwait2(Call& call) { return sys_epoll_pwait(call); }

int64_t sys_signalfd4(Call& call) { return pass(call); }
int64_t sys_signalfd(Call& call) { return pass(call); }

}  // namespace redoubt::shim
