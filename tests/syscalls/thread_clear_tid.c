// SPDX-License-Identifier: Apache-2.0
//
// set_tid_address: it returns the caller's id, and at the thread's exit its word becomes 0 and a futex waiter
// is woken; a process that shares memory (CLONE_VM without CLONE_THREAD) likewise. set_tid_address(2),
// clone(2).
#include "testing.h"

#include <linux/futex.h>

static volatile int word;
static char stack[65536] __attribute__((aligned(16)));

static void* body(void*) {
    store(&word, 12345);
    EXPECT_EQ(syscall(SYS_set_tid_address, &word), own_tid());
    syscall(SYS_exit, 0);
    return NULL;
}

static void wait_for_zero(void) {
    for (int now; (now = load(&word)) != 0;) syscall(SYS_futex, &word, FUTEX_WAIT, now, NULL, NULL, 0);
}

static int child(void*) { _exit(5); }

int main(void) {
    watchdog(60);
    for (int i = 0; i < 100; i++) {
        store(&word, 1);
        pthread_attr_t attributes;
        pthread_t thread;
        EXPECT_EQ(pthread_attr_init(&attributes), 0);
        EXPECT_EQ(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED), 0);
        EXPECT_EQ(pthread_create(&thread, &attributes, body, NULL), 0);
        wait_for_zero();
    }
    store(&word, 1);
    pid_t pid =
        EXPECT_OK(clone(child, stack + sizeof stack, CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
                        NULL, NULL, NULL, &word));
    wait_for_zero();
    EXPECT_EXIT(pid, 5);
    return 0;
}
