// SPDX-License-Identifier: Apache-2.0
//
// A signal that interrupted the shim itself. Runs below the interrupted frame on the shim's stack, on whichever thread
// pointer was loaded, so it touches nothing but the thread control block and the frame it was given: no locks, no
// allocation, no thread-locals, no stack protector.
//
//   fault inside an app-memory copy      resume at the copy's error exit
//   fault anywhere else in the shim      crash report; the process ends, the program never runs again
//   sent by somebody, for the program    capture it, block everything, and let the shim find it on its way out
#include "shim/entry/nested.h"
#include "shim/abi/context.h"
#include "shim/abi/restart.h"
#include "shim/abi/signals.h"
#include "shim/entry/thread_control.h"

extern "C" {
extern const char redoubt_copy[], redoubt_copy_end[], redoubt_copy_fault[];
extern const char redoubt_gate_check[], redoubt_gate_wait[], redoubt_gate_wait_end[];
extern const char redoubt_gate_never_began[], redoubt_gate_cut_short[];
extern const char redoubt_gate_resume[], redoubt_gate_resume_end[];
extern const char redoubt_exit_begin[], redoubt_exit_end[], redoubt_exit_again[];
extern const char redoubt_patched_leave[], redoubt_patched_left[], redoubt_patched_again[];
}

namespace redoubt::shim {
namespace {

constexpr uint64_t kRestartSyscall = 219;
constexpr int64_t kInterrupted = -4;  // -EINTR

bool within(uint64_t address, const char* begin, const char* end) {
  return address >= reinterpret_cast<uint64_t>(begin) && address < reinterpret_cast<uint64_t>(end);
}

void resume_at(abi::UserContext* frame, const char* label) { frame->regs.rip = reinterpret_cast<uint64_t>(label); }

void copy_siginfo(abi::Siginfo& to, const abi::Siginfo& from) {
  const auto* source = reinterpret_cast<const volatile uint64_t*>(&from);
  auto* target = reinterpret_cast<volatile uint64_t*>(&to);
  for (unsigned i = 0; i < sizeof(abi::Siginfo) / sizeof(uint64_t); ++i) target[i] = source[i];
}

// Moves the interrupted shim code past the point where it would block or leave without seeing the captured signal.
void step_over_windows(abi::UserContext* frame) {
  const uint64_t rip = frame->regs.rip;
  if (within(rip, redoubt_gate_check, redoubt_gate_wait_end)) {
    const bool rewound = rip == reinterpret_cast<uint64_t>(redoubt_gate_wait) &&
                         frame->regs.rcx == reinterpret_cast<uint64_t>(redoubt_gate_wait_end);
    if (rewound && frame->regs.rax == kRestartSyscall) {
      // The kernel was about to continue a sleep of its own accord (after a stop): a handler makes that EINTR.
      frame->regs.rax = static_cast<uint64_t>(kInterrupted);
      resume_at(frame, redoubt_gate_wait_end);
    } else if (!rewound || abi::is_always_repeated(frame->regs.rax, frame->regs.rsi)) {
      resume_at(frame, redoubt_gate_never_began);
    } else {
      resume_at(frame, redoubt_gate_cut_short);
    }
  } else if (within(rip, redoubt_exit_begin, redoubt_exit_end) ||
             within(rip, redoubt_gate_resume, redoubt_gate_resume_end)) {
    resume_at(frame, redoubt_exit_again);
  } else if (within(rip, redoubt_patched_leave, redoubt_patched_left)) {
    resume_at(frame, redoubt_patched_again);
  }
}

}  // namespace
}  // namespace redoubt::shim

extern "C" __attribute__((visibility("hidden"))) void redoubt_nested_signal(int signal,
                                                                            const redoubt::abi::Siginfo* info,
                                                                            redoubt::abi::UserContext* frame) {
  using namespace redoubt::shim;
  ThreadControl* control = current_control();
  if (signal == SIGSYS && info->code == redoubt::abi::kSysUserDispatch && redoubt::abi::is_synchronous(*info) &&
      frame->regs.rip == reinterpret_cast<uint64_t>(redoubt_signal_entry)) {
    // A forged fault had come before the call that traps, and the kernel delivers those in their order: its entry has not begun.
    // The call is made again behind it.
    constexpr uint64_t kSyscallSize = 2;
    reinterpret_cast<redoubt::abi::UserContext*>(frame->regs.rdx)->regs.rip -= kSyscallSize;
    return;
  }
  if (redoubt::abi::is_synchronous(*info)) {
    if ((signal == SIGSEGV || signal == SIGBUS) && within(frame->regs.rip, redoubt_copy, redoubt_copy_end)) {
      resume_at(frame, redoubt_copy_fault);
      return;
    }
    redoubt_report_crash(control, signal, info, frame);
  }
  const int slot = late_slot(signal);
  if (slot >= 0) {
    if (control->late[slot].signo == 0) copy_siginfo(control->late[slot], *info);
    if ((control->mask & redoubt::abi::mask_of(signal)) != 0) return;
  } else {
    copy_siginfo(control->captured_signal, *info);
    frame->sigmask |= redoubt::abi::kBlockAll;
  }
  control->captured = 1;
  step_over_windows(frame);
}
