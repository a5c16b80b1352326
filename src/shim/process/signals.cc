// SPDX-License-Identifier: Apache-2.0
//
// Dispositions, and the decision what a signal that arrived does to the program.
#include "shim/process/signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "shim/abi/restart.h"
#include "shim/entry/nested.h"
#include "shim/gate/gate.h"

namespace redoubt::shim {
namespace {

bool is_handler(const abi::KernelSigaction& action) { return action.handler > abi::kIgnore; }

// What the kernel is told for a disposition of the program.
abi::KernelSigaction host_action(int signal, const abi::KernelSigaction& action) {
  abi::KernelSigaction host;
  host.flags = action.flags & (SA_NOCLDSTOP | SA_NOCLDWAIT);
  const bool ours = (abi::kAlwaysOurs & abi::mask_of(signal)) != 0;
  if (!ours && !is_handler(action)) {
    host.handler = action.handler;
    host.mask = 0;
    return host;
  }
  host.handler = reinterpret_cast<uint64_t>(&redoubt_signal_entry);
  host.restorer = reinterpret_cast<uint64_t>(&redoubt_gate_restorer);
  // SA_RESTART always: a call that Linux would restart comes back rewound, which the nested handler can see, and one
  // that it would not comes back with EINTR. The program's own flag is applied in deliver_signal.
  host.flags |= SA_SIGINFO | SA_ONSTACK | SA_RESTART | abi::kSaRestorer;
  if (signal == SIGSYS) {
    // The trap: signals for the program stay deliverable, so that they interrupt what the shim does for it.
    host.mask = 0;
  } else {
    // One signal at a time: the next is delivered at the first instruction of this one's handler, in kernel order.
    host.mask = abi::kBlockAll;
    if (signal == SIGSEGV || signal == SIGBUS) host.flags |= SA_NODEFER;
  }
  return host;
}

int64_t tell_kernel(int signal, const abi::KernelSigaction& action) {
  return gate::call(SYS_rt_sigaction, static_cast<uint64_t>(signal), gate::address_of(&action), 0, abi::kSigsetSize);
}

int64_t queue_to_self(const abi::Siginfo& info) {
  abi::Siginfo copy = info;
  return gate::call(SYS_rt_tgsigqueueinfo, static_cast<uint64_t>(gate::call(SYS_getpid)),
                    static_cast<uint64_t>(gate::call(SYS_gettid)), static_cast<uint64_t>(info.signo),
                    gate::address_of(&copy));
}

// The kernel takes the number of any thread for its process, and lets a thread send codes of others' (kill's) only under
// its own number (do_rt_sigqueueinfo).
int64_t queue_to_process(const abi::Siginfo& info) {
  return gate::call(SYS_rt_sigqueueinfo, static_cast<uint64_t>(gate::call(SYS_gettid)),
                    static_cast<uint64_t>(info.signo), gate::address_of(&info));
}

bool default_is_fatal(int signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return false;
    default: return true;
  }
}

}  // namespace

SignalActions::SignalActions(const SignalActions& other) {
  std::lock_guard lock(other.mutex_);
  std::copy(std::begin(other.actions_), std::end(other.actions_), std::begin(actions_));
}

void SignalActions::start(uint64_t ignored) {
  std::lock_guard lock(mutex_);
  for (int signal = 1; signal <= abi::kSignalCount; ++signal) {
    abi::KernelSigaction& action = actions_[signal - 1];
    action = {};
    if ((abi::kUncatchable & abi::mask_of(signal)) != 0) continue;
    abi::KernelSigaction inherited;
    gate::call(SYS_rt_sigaction, static_cast<uint64_t>(signal), 0, gate::address_of(&inherited), abi::kSigsetSize);
    const bool ours = (abi::kAlwaysOurs & abi::mask_of(signal)) != 0;
    const bool was_ignored = inherited.handler == abi::kIgnore || (ignored & abi::mask_of(signal)) != 0;
    if (was_ignored) action.handler = abi::kIgnore;
    if (ours) tell_kernel(signal, host_action(signal, action));
  }
}

abi::KernelSigaction SignalActions::get(int signal) const {
  std::lock_guard lock(mutex_);
  return actions_[signal - 1];
}

Result<abi::KernelSigaction> SignalActions::exchange(int signal, const abi::KernelSigaction& action) {
  std::lock_guard lock(mutex_);
  const abi::KernelSigaction previous = actions_[signal - 1];
  actions_[signal - 1] = action;
  actions_[signal - 1].mask &= ~abi::kUncatchable;
  if (const int64_t raw = tell_kernel(signal, host_action(signal, action)); is_error(raw)) {
    actions_[signal - 1] = previous;
    return fail(static_cast<int>(-raw));
  }
  return previous;
}

abi::KernelSigaction SignalActions::take(int signal) {
  std::lock_guard lock(mutex_);
  const abi::KernelSigaction action = actions_[signal - 1];
  if (is_handler(action) && (action.flags & SA_RESETHAND) != 0) {
    actions_[signal - 1].handler = abi::kDefault;
    tell_kernel(signal, host_action(signal, actions_[signal - 1]));
  }
  return action;
}

void SignalActions::reinstall(int signal) {
  std::lock_guard lock(mutex_);
  tell_kernel(signal, host_action(signal, actions_[signal - 1]));
}

uint64_t SignalActions::ignored_faults() const {
  std::lock_guard lock(mutex_);
  uint64_t ignored = 0;
  for (int signal = 1; signal <= abi::kSignalCount; ++signal) {
    if ((abi::kAlwaysOurs & abi::mask_of(signal)) != 0 && actions_[signal - 1].handler == abi::kIgnore) {
      ignored |= abi::mask_of(signal);
    }
  }
  return ignored;
}

void die_by_signal(Thread& thread, const abi::Siginfo& info) {
  (void)thread;
  abi::KernelSigaction action;  // SIG_DFL
  tell_kernel(info.signo, action);
  queue_to_self(info);
  const uint64_t mask = abi::mask_of(info.signo);
  gate::call(SYS_rt_sigprocmask, SIG_UNBLOCK, gate::address_of(&mask), 0, abi::kSigsetSize);
  // Only an init process of a pid namespace survives its own fatal signal.
  gate::call(SYS_exit_group, uint64_t{128} + static_cast<uint64_t>(info.signo));
  __builtin_trap();
}

void set_program_mask(Thread& thread, uint64_t mask) {
  thread.mask = mask & ~abi::kUncatchable;
  for (const abi::Siginfo& late : thread.late) {
    if (late.signo != 0 && (thread.mask & abi::mask_of(late.signo)) == 0) thread.captured = 1;
  }
}

void requeue(const abi::Siginfo& info) {
  if (info.signo == 0) return;
  if (info.code == abi::kSentToThread || late_slot(info.signo) >= 0) {
    queue_to_self(info);
  } else {
    queue_to_process(info);
  }
}

void requeue_captured(Thread& thread) {
  requeue(thread.captured_signal);
  thread.captured_signal.signo = 0;
}

void force_signal(Thread& thread, abi::UserContext& frame, int signal, int code, uint64_t address) {
  abi::Siginfo info{};
  info.signo = signal;
  info.code = code;
  info.address = address;
  deliver_signal(thread, frame, info);
}

void deliver_signal(Thread& thread, abi::UserContext& frame, const abi::Siginfo& info) {
  const int signal = info.signo;
  const bool blocked = (thread.mask & abi::mask_of(signal)) != 0;
  const bool synchronous = abi::is_synchronous(info);
  if (blocked && !synchronous) {
    // The program blocked it between the capture and now (only through the call it came in).
    if (const int slot = late_slot(signal); slot >= 0) {
      if (thread.late[slot].signo == 0) thread.late[slot] = info;
    } else {
      requeue(info);
    }
    return;
  }

  const abi::KernelSigaction action = thread.actions->take(signal);
  if (synchronous && (blocked || !is_handler(action))) die_by_signal(thread, info);
  if (action.handler == abi::kIgnore) return;
  if (action.handler == abi::kDefault) {
    // A fault signal that was sent, or a disposition that changed since the capture.
    if (default_is_fatal(signal)) die_by_signal(thread, info);
    queue_to_self(info);
    return;
  }

  if (thread.restart == abi::kRestartIfAsked && (action.flags & SA_RESTART) == 0) {
    frame.regs.rip += 2;  // over the `syscall` that would have been repeated
    frame.regs.rax = static_cast<uint64_t>(-EINTR);
  }
  thread.restart = 0;

  const uint64_t mask_to_save = thread.mask_to_restore.value_or(thread.mask);
  thread.mask_to_restore.reset();
  if (!push_signal_frame(thread, frame, info, action, mask_to_save)) {
    if (signal == SIGSEGV) {
      abi::Siginfo fatal{};
      fatal.signo = SIGSEGV;
      fatal.code = 0x80;  // SI_KERNEL
      die_by_signal(thread, fatal);
    }
    thread.mask = mask_to_save;
    force_signal(thread, frame, SIGSEGV, 0x80, 0);
    return;
  }
  uint64_t handler_mask = thread.mask | action.mask;
  if ((action.flags & SA_NODEFER) == 0) handler_mask |= abi::mask_of(signal);
  set_program_mask(thread, handler_mask);
}

}  // namespace redoubt::shim
