// SPDX-License-Identifier: Apache-2.0
//
// int $0x80 and x32 numbers are not the way in: they work as natively, or fail with ENOSYS or a signal; they
// never crash what comes after, and never do something else. getpid by each of them. syscall(2).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;

static void handler(int number) { siglongjmp(point, number); }

int main(void) {
    watchdog(60);
    static const int numbers[] = {SIGSEGV, SIGSYS, SIGILL};
    for (int i = 0; i < 3; i++) handle_with(numbers[i], handler, 0);
    for (volatile int i = 0; i < 3; i++) {
        volatile long result = 0;
        if (sigsetjmp(point, 1) == 0) {
            long value;
            __asm__ volatile("int $0x80" : "=a"(value) : "a"(20) : "r8", "r9", "r10", "r11", "memory");  // i386 getpid
            result = value;
            EXPECT((int)result == getpid() || (int)result == -ENOSYS);
        }
        if (sigsetjmp(point, 1) == 0) {
            long value;
            __asm__ volatile("syscall" : "=a"(value) : "a"(0x40000000 | SYS_getpid) : "rcx", "r11", "memory");
            result = value;
            EXPECT(result == getpid() || result == -ENOSYS);
        }
        EXPECT_EQ(syscall(SYS_getpid), getpid());
    }
    return 0;
}
