// SPDX-License-Identifier: Apache-2.0
//
// The floating-point area of the ucontext is live: a handler sees the interrupted code's xmm registers and
// MXCSR in uc_mcontext.fpregs, and what it writes there is in the registers afterwards. <asm/sigcontext.h>.
#include "testing.h"

#include <ucontext.h>

static volatile uint32_t seen_low, seen_high, seen_mxcsr;

static void handler(int, siginfo_t*, void* context) {
    fpregset_t area = ((ucontext_t*)context)->uc_mcontext.fpregs;
    EXPECT(area != NULL);
    seen_low = area->_xmm[3].element[0];
    seen_high = area->_xmm[15].element[3];
    seen_mxcsr = area->mxcsr;
    area->_xmm[3].element[0] = 0x11111111;
    area->_xmm[15].element[3] = 0x22222222;
    area->mxcsr = 0x7f80;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGTRAP, handler, 0);
    handle_with_info(SIGUSR1, handler, 0);
    for (int way = 0; way < 2; way++) {
        uint32_t first[4] = {1, 2, 3, 4}, second[4] = {5, 6, 7, 8}, mxcsr = 0x3f80, standard = 0x1f80;
        long result = way == 0 ? SYS_getppid : SYS_tgkill;
        __asm__ volatile(
            "movdqu %0, %%xmm3; movdqu %1, %%xmm15; ldmxcsr %2; test %%ebx, %%ebx; jnz 1f; int3; 1: "
            "syscall\n\t"
            "movdqu %%xmm3, %0; movdqu %%xmm15, %1; stmxcsr %2; ldmxcsr %4"
            : "+m"(first), "+m"(second), "+m"(mxcsr), "+a"(result)
            : "m"(standard), "b"(way), "D"(getpid()), "S"(own_tid()), "d"(SIGUSR1)
            : "rcx", "r11", "xmm3", "xmm15", "cc", "memory");
        EXPECT(seen_low == 1 && seen_high == 8 && seen_mxcsr == 0x3f80);
        EXPECT(first[0] == 0x11111111 && first[1] == 2 && first[3] == 4);
        EXPECT(second[0] == 5 && second[3] == 0x22222222);
        EXPECT_EQ(mxcsr, 0x7f80);
    }
    return 0;
}
