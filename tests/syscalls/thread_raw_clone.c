// SPDX-License-Identifier: Apache-2.0
//
// clone with the flags of a thread, called directly: the child runs on the given stack with the given thread
// pointer, shares memory and pid, its id appears in PARENT_SETTID and CHILD_SETTID words, CHILD_CLEARTID is
// cleared and woken. clone(2).
#include "testing.h"

#include <asm/prctl.h>
#include <linux/futex.h>

static volatile int parent_word, child_word, exit_word, child_tid, child_pid, stack_is_given;
static volatile unsigned long child_fs;
static char stack[65536] __attribute__((aligned(16)));
static unsigned long thread_block[512] __attribute__((aligned(64)));

// No C library calls here: the thread pointer is not one that it knows.
__attribute__((no_stack_protector)) static void child_main(void) {
    long result;
    char here;
    stack_is_given = &here > stack && &here < stack + sizeof stack;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_gettid) : "rcx", "r11", "memory");
    child_tid = (int)result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getpid) : "rcx", "r11", "memory");
    child_pid = (int)result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_arch_prctl), "D"(ARCH_GET_FS), "S"(&child_fs)
                     : "rcx", "r11", "memory");
    __asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11", "memory");
    __builtin_unreachable();
}

static long raw_clone(unsigned long flags, void* stack_top, volatile int* parent_id, volatile int* child_id,
                      void* tls) {
    long result;
    register volatile int* r10 __asm__("r10") = child_id;
    register void* r8 __asm__("r8") = tls;
    register void (*entry)(void) __asm__("r12") = child_main;
    __asm__ volatile("syscall; test %%rax,%%rax; jnz 1f; xor %%ebp,%%ebp; call *%%r12; 1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack_top), "d"(parent_id), "r"(r10), "r"(r8), "r"(entry)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

int main(void) {
    watchdog(60);
    for (int i = 0; i < 100; i++) {
        exit_word = 1;
        parent_word = child_word = child_tid = 0;
        unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                              CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;
        thread_block[0] = (unsigned long)thread_block;
        long tid = raw_clone(flags, stack + sizeof stack, &parent_word, &exit_word, thread_block);
        EXPECT(tid > 0);
        EXPECT_EQ(parent_word, tid);
        for (int now; (now = load(&exit_word)) != 0;) syscall(SYS_futex, &exit_word, FUTEX_WAIT, now, NULL, NULL, 0);
        EXPECT(child_tid == tid && child_pid == getpid() && stack_is_given);
        EXPECT_EQ(child_fs, (unsigned long)thread_block);
    }
    EXPECT_EQ(raw_clone(CLONE_THREAD | CLONE_VM, stack, NULL, NULL, NULL), -EINVAL);
    EXPECT_EQ(raw_clone(CLONE_SIGHAND, stack, NULL, NULL, NULL), -EINVAL);
    EXPECT_EQ(raw_clone(CLONE_FS | CLONE_NEWNS, stack, NULL, NULL, NULL), -EINVAL);
    return 0;
}
