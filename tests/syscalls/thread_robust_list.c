// SPDX-License-Identifier: Apache-2.0
//
// get_robust_list returns what set_robust_list was given (one list a task, the program's own); at exit of the
// thread the kernel marks a held word with FUTEX_OWNER_DIED and wakes a waiter; a wrong length is EINVAL.
// get_robust_list(2).
#include "testing.h"

#include <linux/futex.h>

static struct {
    struct robust_list node;
    volatile int word;
} lock;
static struct robust_list_head head = {{&head.list}, (long)sizeof(struct robust_list), NULL};

static void* body(void*) {
    struct robust_list_head* seen = NULL;
    size_t size = 0;
    EXPECT_OK(syscall(SYS_get_robust_list, 0, &seen, &size));
    EXPECT(seen != NULL && size == sizeof *seen);  // the C library's
    EXPECT_ERRNO(syscall(SYS_set_robust_list, &head, sizeof head - 1), EINVAL);
    EXPECT_OK(syscall(SYS_set_robust_list, &head, sizeof head));
    EXPECT_OK(syscall(SYS_get_robust_list, own_tid(), &seen, &size));
    EXPECT(seen == &head);
    lock.node.next = &head.list;
    head.list.next = &lock.node;
    store(&lock.word, own_tid() | (int)FUTEX_WAITERS);
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t thread = start_thread(body, NULL);
    for (int now; !((now = load(&lock.word)) & FUTEX_OWNER_DIED);) {
        if (now == 0)
            sched_yield();
        else
            syscall(SYS_futex, &lock.word, FUTEX_WAIT, now, NULL, NULL, 0);
    }
    EXPECT_EQ(load(&lock.word) & FUTEX_TID_MASK, 0);
    join_thread(thread);
    return 0;
}
