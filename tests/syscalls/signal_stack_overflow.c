// SPDX-License-Identifier: Apache-2.0
//
// A stack overflow is caught on the alternate stack, in the main thread (at the stack limit) and in a thread
// (at its guard page); siglongjmp makes the program go on. sigaltstack(2), "Examples".
#include "testing.h"

#include <setjmp.h>
#include <sys/resource.h>

static __thread sigjmp_buf point;
static __thread uintptr_t stack_at_start;
static volatile uintptr_t fault_depth;

static void handler(int, siginfo_t* info, void*) {
    fault_depth = stack_at_start - (uintptr_t)info->si_addr;
    siglongjmp(point, 1);
}

__attribute__((noinline)) static int recurse(int depth) {
    volatile char frame[1024];
    frame[0] = (char)depth;
    if (depth == INT_MAX) return 0;
    return recurse(depth + 1) + frame[0];
}

static void* overflow(void* argument) {
    size_t stack_size = (size_t)argument;
    char* alternate = EXPECT_OK(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = 65536}, NULL));
    stack_at_start = (uintptr_t)__builtin_frame_address(0);
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(point, 1) == 0) EXPECT(recurse(0) == 12345);
        EXPECT(fault_depth > stack_size / 2 && fault_depth <= stack_size + 65536);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_STACK, &limit));
    handle_with_info(SIGSEGV, handler, SA_ONSTACK);
    if (limit.rlim_cur <= (64UL << 20)) overflow((void*)limit.rlim_cur);

    pthread_attr_t attributes;
    pthread_t thread;
    EXPECT_EQ(pthread_attr_init(&attributes), 0);
    EXPECT_EQ(pthread_attr_setstacksize(&attributes, 1 << 20), 0);
    EXPECT_EQ(pthread_create(&thread, &attributes, overflow, (void*)(1UL << 20)), 0);
    join_thread(thread);
    return 0;
}
