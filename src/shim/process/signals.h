// SPDX-License-Identifier: Apache-2.0
//
// Signals of the program. Default actions and SIG_IGN stay with the kernel, which does them exactly (stops, children
// that are not waited for, cores); a disposition with a handler, and the six fault signals always, point at the shim's
// entry. So every signal that arrives here is one for a handler of the program, with rare exceptions that are given
// back to the kernel.
//
// Lock order: SignalActions::mutex_ is a leaf.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/result.h"
#include "shim/abi/context.h"
#include "shim/abi/signals.h"
#include "shim/process/thread.h"

namespace redoubt::shim {

class SignalActions {
 public:
  SignalActions() = default;
  // A vfork child starts with its parent's dispositions and changes its own only. `other` must not change meanwhile.
  SignalActions(const SignalActions& other);
  SignalActions& operator=(const SignalActions&) = delete;

  // At the start of a program: `ignored` are the fault signals that the previous image ignored; for all others the
  // kernel knows. Points the fault signals at the shim.
  void start(uint64_t ignored);

  abi::KernelSigaction get(int signal) const;
  // rt_sigaction: stores the program's disposition and tells the kernel what follows from it.
  Result<abi::KernelSigaction> exchange(int signal, const abi::KernelSigaction& action);
  // The disposition for a delivery; SA_RESETHAND takes effect at once.
  abi::KernelSigaction take(int signal);

  // Tells the kernel a signal's disposition again, after the C library of the runtime changed it.
  void reinstall(int signal);

  // Fault signals that the program ignores: the only dispositions that the kernel does not carry through exec.
  uint64_t ignored_faults() const;

  std::mutex& mutex_for_fork() const { return mutex_; }

 private:
  mutable std::mutex mutex_;
  abi::KernelSigaction actions_[abi::kSignalCount] = {};  // by signal - 1; guarded by mutex_
};

// Delivers a signal to the program: builds its frame and makes `frame` enter the handler, or does what the disposition
// says otherwise. `frame` is the program's state at the interruption. May end the process.
void deliver_signal(Thread& thread, abi::UserContext& frame, const abi::Siginfo& info);

// Ends the process by `info.signo` with its default action, whatever the disposition and mask. The parent sees the
// signal as the cause.
[[noreturn]] void die_by_signal(Thread& thread, const abi::Siginfo& info);

// As the kernel's force_sig: a fault that the program cannot have blocked or ignored and live.
void force_signal(Thread& thread, abi::UserContext& frame, int signal, int code, uint64_t address);

// Sets the program's mask. Signals that it unblocks are delivered before the current call returns.
void set_program_mask(Thread& thread, uint64_t mask);

// Gives a signal back to the kernel: pending for this thread if it was sent by tkill, else for the process, where any
// thread may take it (what pthread_sigqueue sends cannot be told from sigqueue). Nothing when signo is 0.
void requeue(const abi::Siginfo& info);
// The same for the captured one, which is forgotten.
void requeue_captured(Thread& thread);

// Builds the program's signal frame (struct rt_sigframe) on its stack and points `frame` at the handler. False when the
// stack cannot take it.
bool push_signal_frame(Thread& thread, abi::UserContext& frame, const abi::Siginfo& info,
                       const abi::KernelSigaction& action, uint64_t mask_to_save);
// The opposite, for rt_sigreturn: loads registers, vector state, mask and alternate stack from the frame that the
// program's stack pointer points into. False when it cannot be read.
bool pop_signal_frame(Thread& thread, abi::UserContext& frame);

}  // namespace redoubt::shim
