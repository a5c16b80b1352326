// SPDX-License-Identifier: Apache-2.0
//
// The 128 bytes below the stack pointer belong to the interrupted function: neither a signal at a trap, nor
// one anywhere in a loop, nor a system call overwrites them. System V ABI, "The Stack Frame".
#include "testing.h"

static volatile int runs;

static void handler(int) {
    char garbage[2048];
    memset(garbage, 0xaa, sizeof garbage);
    __asm__ volatile("" : : "r"(garbage) : "memory");
    add(&runs, 1);
}

// Fills the red zone with rdi, rdi+1, ..., does `middle`, and returns the number of words that changed.
#define RED_ZONE_FUNCTION(name, middle)                                                 \
    long name(long seed, volatile int* word);                                           \
    __asm__(".text\n" #name                                                             \
            ":\n\t"                                                                     \
            "mov $-16, %rcx\n"                                                          \
            "1: lea 16(%rdi,%rcx), %rax; mov %rax, (%rsp,%rcx,8); inc %rcx; jnz 1b\n\t" \
            "mov %rdi, %r8; mov %rsi, %r9\n\t" middle                                   \
            "\n\t"                                                                      \
            "mov %r8, %rdi; mov $-16, %rcx; xor %edx, %edx\n"                           \
            "2: lea 16(%rdi,%rcx), %rax; cmp %rax, (%rsp,%rcx,8); je 3f; inc %edx\n"    \
            "3: inc %rcx; jnz 2b\n\t"                                                   \
            "mov %edx, %eax; ret")

RED_ZONE_FUNCTION(across_breakpoint, "int3");
RED_ZONE_FUNCTION(across_syscall, "mov $110, %eax; syscall");
RED_ZONE_FUNCTION(across_failing_syscall, "mov $3, %eax; mov $-1, %edi; syscall");
RED_ZONE_FUNCTION(across_loop, "4: pause; cmpl $0, (%r9); je 4b");

static volatile pid_t main_tid;

static void* signal_main(void*) {
    EXPECT_OK(syscall(SYS_tgkill, getpid(), main_tid, SIGUSR1));
    return NULL;
}

int main(void) {
    watchdog(60);
    main_tid = own_tid();
    handle_with(SIGTRAP, handler, 0);
    handle_with(SIGUSR1, handler, 0);
    for (int i = 0; i < 100; i++) {
        store(&runs, 0);
        EXPECT_EQ(across_breakpoint(i * 1000, NULL), 0);
        EXPECT_EQ(load(&runs), 1);
        EXPECT_EQ(across_syscall(i * 1000, NULL), 0);
        EXPECT_EQ(across_failing_syscall(i * 1000, NULL), 0);
        store(&runs, 0);
        pthread_t thread = start_thread(signal_main, NULL);
        EXPECT_EQ(across_loop(i * 1000, &runs), 0);
        join_thread(thread);
    }
    return 0;
}
