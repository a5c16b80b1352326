// SPDX-License-Identifier: Apache-2.0
//
// A program that runs with alignment checks on (EFLAGS.AC): its calls, rewritten or trapped, and its signals are as without, and
// the flag stays as the program has it.
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

enum { kRounds = 40, kAlignmentCheck = 1 << 18 };

static volatile int handled;
static void on_signal(int signal) {
    (void)signal;
    handled++;
}

// The call with the flag set before and cleared after; *flags: as the call left them.
static long checked_call(long number, long a, long b, long c, long d, unsigned long* flags) {
    register long r10 __asm__("r10") = d;
    long result = number;
    unsigned long seen;
    __asm__ volatile(
        "sub $128, %%rsp\n\t"
        "pushfq; orq $0x40000, (%%rsp); popfq\n\t"
        "syscall\n\t"
        "pushfq; popq %[seen]\n\t"
        "pushfq; andq $~0x40000, (%%rsp); popfq\n\t"
        "add $128, %%rsp"
        : "+a"(result), [seen] "=&r"(seen)
        : "D"(a), "S"(b), "d"(c), "r"(r10)
        : "rcx", "r11", "memory", "cc");
    *flags = seen;
    return result;
}

// The same from a site whose number is set directly before.
static long checked_access(unsigned long* flags) {
    long result;
    unsigned long seen;
    __asm__ volatile(
        "sub $128, %%rsp\n\t"
        "pushfq; orq $0x40000, (%%rsp); popfq\n\t"
        "mov $21, %%eax\n\tsyscall\n\t"
        "pushfq; popq %[seen]\n\t"
        "pushfq; andq $~0x40000, (%%rsp); popfq\n\t"
        "add $128, %%rsp"
        : "=&a"(result), [seen] "=&r"(seen)
        : "D"("x/an/odd/name" + 1), "S"(0L)
        : "rcx", "r11", "memory", "cc");
    *flags = seen;
    return result;
}

int main(void) {
    unsigned long flags;
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < kRounds; i++) {
        EXPECT_EQ(checked_call(SYS_getppid, 0, 0, 0, 0, &flags), getppid());
        EXPECT((flags & kAlignmentCheck) != 0);
        const char* const odd = "x/etc/passwd" + 1;
        const long fd = checked_call(SYS_openat, AT_FDCWD, (long)odd, O_RDONLY, 0, &flags);
        EXPECT(fd >= 0 && (flags & kAlignmentCheck) != 0);
        EXPECT_EQ(checked_call(SYS_close, fd, 0, 0, 0, &flags), 0);
        EXPECT_EQ(checked_access(&flags), -ENOENT);
        EXPECT((flags & kAlignmentCheck) != 0);
        EXPECT_EQ(checked_call(SYS_kill, getpid(), SIGUSR1, 0, 0, &flags), 0);
        EXPECT((flags & kAlignmentCheck) != 0);
        EXPECT_EQ(handled, i + 1);
    }
    return 0;
}
