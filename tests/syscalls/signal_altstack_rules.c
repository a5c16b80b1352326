// SPDX-License-Identifier: Apache-2.0
//
// sigaltstack's rules: too small is ENOMEM, bad flags EINVAL, no change while one runs on it (EPERM), SS_DISABLE, a
// new thread has none, a child of fork keeps it and execve does not; handlers without SA_ONSTACK stay on the normal
// stack. sigaltstack(2).
#include "testing.h"

static char stack[65536] __attribute__((aligned(64)));
static volatile int on_stack, flags_inside, change_errno;

static void handler(int) {
    char here;
    store(&on_stack, &here >= stack && &here < stack + sizeof stack);
    stack_t now;
    EXPECT_OK(sigaltstack(NULL, &now));
    store(&flags_inside, now.ss_flags);
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    store(&change_errno, sigaltstack(&other, NULL) == -1 ? errno : 0);
}

static void* in_thread(void*) {
    stack_t now;
    EXPECT_OK(sigaltstack(NULL, &now));
    EXPECT_EQ(now.ss_flags, SS_DISABLE);
    return NULL;
}

int main(int argc, char** argv) {
    watchdog(60);
    stack_t now;
    EXPECT_OK(sigaltstack(NULL, &now));
    EXPECT_EQ(now.ss_flags, SS_DISABLE);
    if (argc > 1) return 0;
    stack_t wanted = {.ss_sp = stack, .ss_size = 1024};
    EXPECT_ERRNO(sigaltstack(&wanted, NULL), ENOMEM);
    wanted = (stack_t){.ss_sp = stack, .ss_size = sizeof stack, .ss_flags = 0x77};
    EXPECT_ERRNO(sigaltstack(&wanted, NULL), EINVAL);
    wanted.ss_flags = 0;
    EXPECT_OK(sigaltstack(&wanted, &now));
    EXPECT_EQ(now.ss_flags, SS_DISABLE);
    EXPECT_OK(sigaltstack(NULL, &now));
    EXPECT(now.ss_sp == stack && now.ss_size == sizeof stack && now.ss_flags == 0);
    EXPECT_ERRNO(syscall(SYS_sigaltstack, 8L, NULL), EFAULT);

    handle_with(SIGUSR1, handler, SA_ONSTACK);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(on_stack, 1);
    EXPECT_EQ(flags_inside, SS_ONSTACK);
    EXPECT_EQ(change_errno, EPERM);
    handle_with(SIGUSR1, handler, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(on_stack, 0);
    EXPECT_EQ(flags_inside, 0);
    EXPECT_EQ(change_errno, 0);
    join_thread(start_thread(in_thread, NULL));

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(sigaltstack(NULL, &now));
        EXPECT(now.ss_sp == stack && now.ss_flags == 0);
        execl("/proc/self/exe", argv[0], "executed", NULL);
        _exit(9);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, &now));
    EXPECT(now.ss_sp == stack);
    handle_with(SIGUSR1, handler, SA_ONSTACK);
    EXPECT_OK(raise(SIGUSR1));  // without one the flag means nothing
    EXPECT_EQ(on_stack, 0);
    return 0;
}
