// SPDX-License-Identifier: Apache-2.0
//
// Rows of the signal calls. Handlers, masks and frames are kept by process/, since the kernel's handler for every
// signal is the shim's; sending passes, for the receiver's shim delivers.
#pragma once

#include "shim/syscalls/names/signals.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

inline constexpr char kQueuedInfo[] =
    "in the clear: the value sent along crosses in plaintext. Codes of faults are marked";

// clang-format off
constexpr Row kSignalRows[] = {
    handled(nr::rt_sigaction, "rt_sigaction", sys_rt_sigaction, "the kernel's handler is the shim's", kInt,
            signal("signum"), in("act", 32, kSigaction), out("oldact", 32, kSigaction), size("sigsetsize")),
    handled(nr::rt_sigprocmask, "rt_sigprocmask", sys_rt_sigprocmask, "the program's mask is kept by the shim", kInt,
            choice("how", kMaskOperations), in("set", 8, kSigset), out("oldset", 8, kSigset), size("sigsetsize")),
    handled(nr::rt_sigreturn, "rt_sigreturn", sys_rt_sigreturn, "the frame is one that the shim built", kNone),
    handled(nr::rt_sigsuspend, "rt_sigsuspend", sys_rt_sigsuspend, "the program's mask is kept by the shim", kInt,
            in("mask", 8, kSigset), size("sigsetsize")),
    handled(nr::rt_sigpending, "rt_sigpending", sys_rt_sigpending, "blocked signals wait in the kernel, whose descriptor reads them", kInt,
            out("set", 8, kSigset), size("sigsetsize")),
    handled(nr::rt_sigtimedwait, "rt_sigtimedwait", sys_rt_sigtimedwait, "blocked signals wait in the kernel, whose descriptor reads them",
            kInt, in("set", 8, kSigset), out("info", 128, kSiginfo), in("timeout", 16, kTimespec), size("sigsetsize")),
    handled(nr::sigaltstack, "sigaltstack", sys_sigaltstack, "the kernel's alternate stack is the shim's", kInt,
            in("ss", 24, kStack), out("old_ss", 24, kStack)),
    handled(nr::signalfd, "signalfd", sys_signalfd, "blocked signals wait in the kernel, whose descriptor reads them", kFd,
            fd(), in("mask", 8, kSigset), size("sizemask")),
    handled(nr::signalfd4, "signalfd4", sys_signalfd4, "blocked signals wait in the kernel, whose descriptor reads them", kFd,
            fd(), in("mask", 8, kSigset), size("sizemask"), flags("flags", kSignalfdFlags)),
    passed(nr::pause, "pause", "waits for a signal; no arguments", kInt),
    // Only the kernel makes this call, to resume one of its own that a stop interrupted; nothing is left to resume.
    refused(nr::restart_syscall, "restart_syscall", EINTR, "interrupted calls are repeated by the shim"),

    passed(nr::kill, "kill", reason::kSignalSend, kInt, pid(), signal()),
    passed(nr::tkill, "tkill", reason::kSignalSend, kInt, pid("tid"), signal()),
    passed(nr::tgkill, "tgkill", reason::kSignalSend, kInt, pid("tgid"), pid("tid"), signal()),
    handled(nr::rt_sigqueueinfo, "rt_sigqueueinfo", sys_rt_sigqueueinfo, kQueuedInfo, kInt,
           pid("tgid"), signal(), in("info", 128, kSiginfo)),
    handled(nr::rt_tgsigqueueinfo, "rt_tgsigqueueinfo", sys_rt_tgsigqueueinfo, kQueuedInfo, kInt,
           pid("tgid"), pid("tid"), signal(), in("info", 128, kSiginfo)),
    handled(nr::pidfd_send_signal, "pidfd_send_signal", sys_pidfd_send_signal, kQueuedInfo, kInt,
           fd("pidfd"), signal(), in("info", 128, kSiginfo), uint("flags")),
};
// clang-format on

}  // namespace redoubt::shim::rows
