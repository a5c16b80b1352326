// SPDX-License-Identifier: Apache-2.0
//
// A C++ exception thrown in a handler of a synchronous fault unwinds through the signal frame into the
// interrupted code, as does a backtrace: the frame and its restorer look to the unwinder as the kernel's do.
// sigaction(2), libgcc's unwinder.
#include "testing.h"

#include <unwind.h>
#include <stdexcept>

static void handler(int number) {
    sigset_t set = set_of(number);
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
    throw std::runtime_error("fault");
}

static volatile int frames_seen;
static void* volatile main_function;

static _Unwind_Reason_Code count_frame(_Unwind_Context* context, void* found) {
    frames_seen = frames_seen + 1;
    if (_Unwind_FindEnclosingFunction((void*)_Unwind_GetIP(context)) == main_function) *(bool*)found = true;
    return _URC_NO_REASON;
}

static volatile bool found_main;

static void backtrace_handler(int) {
    bool found = false;
    _Unwind_Backtrace(count_frame, &found);
    found_main = found;
}

struct Guard {
    int& count;
    ~Guard() { count++; }
};

__attribute__((noinline, optimize("non-call-exceptions"))) static void fault(int& destroyed) {
    Guard guard{destroyed};
    *(volatile int*)8 = 1;
}

int main() {
    watchdog(60);
    main_function = (void*)main;
    handle_with(SIGSEGV, handler, 0);
    int destroyed = 0, caught = 0;
    for (int i = 0; i < 10; i++) {
        try {
            fault(destroyed);
        } catch (const std::runtime_error&) {
            caught++;
        }
    }
    EXPECT_EQ(caught, 10);
    EXPECT_EQ(destroyed, 10);

    handle_with(SIGUSR1, backtrace_handler, 0);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT(found_main);
    EXPECT(frames_seen >= 4);
    handle_with(SIGTRAP, backtrace_handler, 0);
    found_main = false;
    __asm__ volatile("int3");
    EXPECT(found_main);
    return 0;
}
