// SPDX-License-Identifier: Apache-2.0
//
// SA_ONSTACK runs the handler on the alternate stack, where sigaltstack reports SS_ONSTACK and refuses to
// change it (EPERM); a handler without SA_ONSTACK stays on the normal one; too small is ENOMEM, unknown flags
// EINVAL. sigaltstack(2).
#include "testing.h"

static char* stack;
static size_t stack_size;
static volatile int on_stack;

static void handler(int, siginfo_t*, void* context) {
    char here;
    on_stack = &here >= stack && &here < stack + stack_size;
    stack_t current;
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT_EQ((current.ss_flags & SS_ONSTACK) != 0, on_stack);
    EXPECT(current.ss_sp == stack && current.ss_size == stack_size);
    if (on_stack) EXPECT_ERRNO(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL), EPERM);
    EXPECT(((ucontext_t*)context)->uc_stack.ss_sp == stack);
    EXPECT(((ucontext_t*)context)->uc_stack.ss_size == stack_size);
}

int main(void) {
    watchdog(60);
    stack_t current;
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT(current.ss_flags & SS_DISABLE);

    stack_size = SIGSTKSZ * 4;
    stack = EXPECT_OK(mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_ERRNO(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = 100}, NULL), ENOMEM);
    EXPECT_ERRNO(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = stack_size, .ss_flags = 64}, NULL), EINVAL);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = stack_size}, NULL));
    EXPECT_OK(sigaltstack(NULL, &current));
    EXPECT_EQ(current.ss_flags, 0);

    handle_with_info(SIGUSR1, handler, SA_ONSTACK);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(on_stack, 1);
    handle_with_info(SIGUSR1, handler, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(on_stack, 0);

    EXPECT_OK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL));
    stack_size = 0, stack = NULL;
    handle_with_info(SIGUSR1, handler, SA_ONSTACK);  // without an alternate stack: on the normal one
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(on_stack, 0);
    return 0;
}
