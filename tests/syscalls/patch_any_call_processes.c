// SPDX-License-Identifier: Apache-2.0
//
// Calls that do not return as others do, from a site that was used often for others: fork, clone with a stack of its own, a thread,
// vfork, execve, exit, rt_sigreturn. clone(2), fork(2), vfork(2), execve(2).
#include "testing.h"

#include "any_call_sites.h"

#include <linux/futex.h>

// The child of a clone with another stack returns there: call(site, number, flags, stack).
__asm__(
    ".text\n.globl on_own_stack\non_own_stack: .cfi_startproc\n"
    " push %rbx\n push %r12\n push %r13\n mov %rdi, %rbx\n mov %rcx, %r12\n"
    " lea child(%rip), %rax\n mov %rax, -8(%rcx)\n lea -8(%rcx), %rcx\n"
    " mov $0x1234567, %r13\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
    " xor %ecx, %ecx\n xor %r8d, %r8d\n xor %r9d, %r9d\n"
    " call *%rbx\n"
    " pop %r13\n pop %r12\n pop %rbx\n ret\n .cfi_endproc\n"
    // The child: the site's `ret` came here from the new stack, with the parent's registers.
    "child: cmp %r12, %rsp\n jne 1f\n cmp $0x1234567, %r13\n jne 1f\n test %rax, %rax\n jne 1f\n"
    " mov $60, %edi\n mov $17, %esi\n call *%rbx\n"
    "1: ud2\n");
long on_own_stack(AnyCall* call, long number, long flags, void* stack_top);

// A handler that leaves by a site's rt_sigreturn: handler(signal) with the frame's address on top of the stack.
__asm__(
    ".text\n.globl returns_near, returns_short\n"
    "returns_near: add $8, %rsp\n mov $15, %edi\n sub $8, %rsp\n add $8, %rsp\n mov %rdi, %rax\n jmp any_near_syscall\n"
    "returns_short: add $8, %rsp\n mov $15, %eax\n jmp any_short_before\n");
void returns_near(int);
void returns_short(int);

static volatile int word;

static void* wait_and_wake(void* argument) {
    AnyCall* call = argument;
    while (load(&word) == 0) {
        const long result = call(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
        EXPECT(result == 0 || result == -EAGAIN || result == -EINTR);
    }
    return NULL;
}

static void all_ways(AnyCall* call, const char* self) {
    pid_t child = (pid_t)call(SYS_fork, 0, 0, 0, 0, 0, 0);
    EXPECT(child >= 0);
    if (child == 0) {
        EXPECT_EQ(call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
        EXPECT_EQ(call(SYS_gettid, 0, 0, 0, 0, 0, 0), getpid());
        call(SYS_exit_group, 11, 0, 0, 0, 0, 0);
    }
    EXPECT_EXIT(child, 11);

    child = (pid_t)call(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
    EXPECT(child >= 0);
    if (child == 0) call(SYS_exit, 12, 0, 0, 0, 0, 0);
    EXPECT_EXIT(child, 12);

    static char stack[65536] __attribute__((aligned(16)));
    child = (pid_t)on_own_stack(call, SYS_clone, SIGCHLD, stack + sizeof stack);
    EXPECT(child > 0);
    EXPECT_EXIT(child, 17);
    child = (pid_t)on_own_stack(call, SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, stack + sizeof stack);
    EXPECT(child > 0);
    EXPECT_EXIT(child, 17);

    child = (pid_t)call(SYS_fork, 0, 0, 0, 0, 0, 0);
    if (child == 0) {
        char* const arguments[] = {(char*)self, "again", NULL};
        char* const none[] = {NULL};
        EXPECT_EQ(call(SYS_execve, (long)"/nowhere", (long)arguments, (long)none, 0, 0, 0), -ENOENT);
        call(SYS_execve, (long)self, (long)arguments, (long)none, 0, 0, 0);
        _exit(1);
    }
    EXPECT_EXIT(child, 13);

    store(&word, 0);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) threads[i] = start_thread(wait_and_wake, call);
    store(&word, 1);
    EXPECT(call(SYS_futex, (long)&word, FUTEX_WAKE_PRIVATE, 4, 0, 0, 0) >= 0);
    for (int i = 0; i < 4; i++) join_thread(threads[i]);
}

int main(int count, char** arguments) {
    watchdog(120);
    if (count > 1) return 13;
    const char* self = own_path(arguments[0]);
    for (int i = 0; i < kAnySites; i++) {
        for (int round = 0; round < 3; round++) {
            all_ways(any_sites[i].call, self);
            use_any_site(&any_sites[i]);
        }
    }
    for (int round = 0; round < 40; round++) {
        handle_with(SIGUSR1, returns_near, 0);
        EXPECT_OK(raise(SIGUSR1));
        handle_with(SIGUSR1, returns_short, 0);
        EXPECT_OK(raise(SIGUSR1));
    }
    return 0;
}
