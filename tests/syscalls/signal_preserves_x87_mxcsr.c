// SPDX-License-Identifier: Apache-2.0
//
// Interrupted code keeps its x87 stack, control word, rounding mode and MXCSR; a handler starts with the
// default control words (x87 0x37f, MXCSR 0x1f80) and an empty x87 stack, and its own changes are undone.
// fenv(3), System V ABI.
#include "testing.h"

static volatile unsigned handler_mxcsr, handler_tag;
static volatile unsigned short handler_control;

static void handler(int) {
    struct {
        uint16_t control, r1, status, r2, tag, r3;
        uint32_t rest[4];
    } environment;
    __asm__ volatile("fnstenv %0; fldenv %0" : "=m"(environment));
    handler_control = environment.control;
    handler_tag = environment.tag;
    unsigned mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    handler_mxcsr = mxcsr;
    unsigned other = 0x3f80;
    uint16_t control = 0x77f;
    __asm__ volatile("fninit; fldcw %1; fldz; fldz; fldz; ldmxcsr %0" : : "m"(other), "m"(control));
}

int main(void) {
    watchdog(60);
    handle_with(SIGTRAP, handler, 0);
    handle_with(SIGUSR1, handler, 0);
    for (int way = 0; way < 2; way++) {
        unsigned mxcsr = 0x5f80 | 0x8000, mxcsr_after;  // round up, flush to zero
        uint16_t control = 0xb7f, control_after;        // round up
        long double first = 1.25L, second = -3.5e300L, first_after, second_after;
        __asm__ volatile("fninit; fldcw %0; ldmxcsr %1; fldt %2; fldt %3"
                         :
                         : "m"(control), "m"(mxcsr), "m"(first), "m"(second));
        if (way == 0) {
            __asm__ volatile("int3");
        } else {
            long result;
            __asm__ volatile("syscall"
                             : "=a"(result)
                             : "a"(SYS_tgkill), "D"(getpid()), "S"(own_tid()), "d"(SIGUSR1)
                             : "rcx", "r11", "memory");
        }
        __asm__ volatile("fstpt %3; fstpt %2; fnstcw %0; stmxcsr %1; fninit"
                         : "=m"(control_after), "=m"(mxcsr_after), "=m"(first_after), "=m"(second_after));
        unsigned standard = 0x1f80;
        __asm__ volatile("ldmxcsr %0" : : "m"(standard));
        EXPECT_EQ(control_after & 0xf3f, control & 0xf3f);
        EXPECT_EQ(mxcsr_after, mxcsr);
        EXPECT(first_after == first && second_after == second);
        EXPECT_EQ(handler_mxcsr, 0x1f80);
        EXPECT_EQ(handler_control, 0x37f);
        EXPECT_EQ(handler_tag, 0xffff);
    }
    return 0;
}
