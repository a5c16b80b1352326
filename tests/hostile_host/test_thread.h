// SPDX-License-Identifier: Apache-2.0
//
// Makes the calling thread of a unit test look like a thread of a protected program: %gs points at a Thread, with default
// dispositions. Nothing is trapped.
#pragma once

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/process/signals.h"
#include "shim/process/thread.h"

namespace redoubt::shim {

class TestThread {
   public:
    TestThread() {
        thread_.self = &thread_;
        thread_.actions = &actions_;
        syscall(SYS_arch_prctl, ARCH_SET_GS, &thread_);
    }
    ~TestThread() { syscall(SYS_arch_prctl, ARCH_SET_GS, nullptr); }
    Thread& operator*() { return thread_; }

   private:
    SignalActions actions_;
    Thread thread_;
};

}  // namespace redoubt::shim
