// SPDX-License-Identifier: Apache-2.0
//
// arch_prctl(ARCH_GET_FS) is the thread pointer that code sees at %fs:0; ARCH_SET_FS and wrfsbase change it,
// and it stays changed over system calls and signals, being each thread's own. arch_prctl(2).
#include "testing.h"

#include <asm/prctl.h>
#include <sys/auxv.h>

static unsigned long other_block[512] __attribute__((aligned(64)));
static volatile int handler_runs;
static volatile unsigned long fs_in_handler;

__attribute__((no_stack_protector)) static long raw(long number, unsigned long first, unsigned long second,
                                                    unsigned long third) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((no_stack_protector)) static void handler(int) {
    __asm__ volatile("mov %%fs:0, %0" : "=r"(*(unsigned long*)&fs_in_handler));
    handler_runs++;
}

__attribute__((no_stack_protector)) static void* body(void*) {
    unsigned long self, asked = 0, old, seen[4] = {0};
    __asm__("mov %%fs:0, %0" : "=r"(self));
    raw(SYS_arch_prctl, ARCH_GET_FS, (unsigned long)&asked, 0);
    old = asked;
    pid_t pid = getpid(), tid = own_tid();
    other_block[0] = (unsigned long)other_block;
    other_block[5] = 0;  // where the stack protector looks

    long results[6];
    results[0] = raw(SYS_arch_prctl, ARCH_SET_FS, (unsigned long)other_block, 0);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(seen[0]));
    results[1] = raw(SYS_getpid, 0, 0, 0);
    results[2] = raw(SYS_tgkill, (unsigned long)pid, (unsigned long)tid, SIGUSR1);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(seen[1]));
    results[3] = raw(SYS_arch_prctl, ARCH_GET_FS, (unsigned long)&seen[2], 0);
    results[4] = raw(SYS_arch_prctl, ARCH_SET_FS, old, 0);
    if (getauxval(AT_HWCAP2) & 2) {  // FSGSBASE
        __asm__ volatile("wrfsbase %0" : : "r"(other_block) : "memory");
        results[5] = raw(SYS_getpid, 0, 0, 0);
        __asm__ volatile("rdfsbase %0; wrfsbase %1" : "=&r"(seen[3]) : "r"(old) : "memory");
        EXPECT(results[5] == pid && seen[3] == (unsigned long)other_block);
    }
    EXPECT_EQ(self, asked);
    EXPECT_EQ(self, (unsigned long)pthread_self());
    EXPECT(results[0] == 0 && results[1] == pid && results[2] == 0 && results[3] == 0 && results[4] == 0);
    EXPECT(seen[0] == (unsigned long)other_block && seen[1] == seen[0] && seen[2] == seen[0]);
    EXPECT_EQ(fs_in_handler, (unsigned long)other_block);
    EXPECT_EQ(raw(SYS_arch_prctl, ARCH_SET_FS, 0x8000000000000000, 0), -EPERM);
    EXPECT_EQ(raw(SYS_arch_prctl, 0x9999, 0, 0), -EINVAL);
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    for (int i = 0; i < 3; i++) {
        body(NULL);
        join_thread(start_thread(body, NULL));
    }
    EXPECT_EQ(handler_runs, 6);
    return 0;
}
