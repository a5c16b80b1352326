// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: some waiters wake, the others go on waiting at the second word, where a wake
// finds them; the result counts; a word that changed is EAGAIN; FUTEX_WAKE_OP changes one word and wakes at both.
// futex(2).
#include "testing.h"

#include <linux/futex.h>

enum { kWaiters = 5 };
static uint32_t first, second;
static volatile int tids[kWaiters], woken;

static long futex(uint32_t* word, int operation, uint32_t value, unsigned long value2, uint32_t* other,
                  uint32_t value3) {
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, value2, other, value3);
}

static void* wait_at_first(void* argument) {
    store((volatile int*)argument, own_tid());
    while (futex(&first, FUTEX_WAIT, 0, 0, NULL, 0) == -1) EXPECT(errno == EINTR);
    add(&woken, 1);
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t threads[kWaiters];
    for (int i = 0; i < kWaiters; i++) threads[i] = start_thread(wait_at_first, (void*)&tids[i]);
    for (int i = 0; i < kWaiters; i++) {
        wait_until_at_least(&tids[i], 1);
        wait_asleep(getpid(), tids[i]);
    }
    EXPECT_EQ(futex(&second, FUTEX_WAKE, 100, 0, NULL, 0), 0);
    EXPECT_ERRNO(futex(&first, FUTEX_CMP_REQUEUE, 1, 1, &second, 99), EAGAIN);
    // Asleep may mean not quite there: what is missing comes later.
    int moved = 0;
    while (moved < kWaiters) {
        long result = EXPECT_OK(futex(&first, FUTEX_CMP_REQUEUE, moved == 0 ? 1 : 0, 100, &second, 0));
        moved += (int)result;
        if (moved == 0) sched_yield();
    }
    wait_until_at_least(&woken, 1);
    EXPECT_EQ(futex(&first, FUTEX_WAKE, 100, 0, NULL, 0), 0);
    EXPECT_EQ(load(&woken), 1);
    EXPECT_EQ(futex(&second, FUTEX_REQUEUE, 0, 2, &first, 0), 2);
    EXPECT_EQ(futex(&second, FUTEX_WAKE, 100, 0, NULL, 0), 2);
    wait_until_at_least(&woken, 3);
    // second += 7; wake one at first, and one at second if it was 0 before.
    EXPECT_EQ(futex(&first, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_EQ, 0)), 1);
    EXPECT_EQ(second, 7);
    EXPECT_EQ(futex(&first, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(FUTEX_OP_ANDN, 3, FUTEX_OP_CMP_LT, 100)), 1);
    EXPECT_EQ(second, 4);
    for (int i = 0; i < kWaiters; i++) join_thread(threads[i]);
    EXPECT_ERRNO(futex(&first, FUTEX_REQUEUE, 1, 1, (uint32_t*)((char*)&second + 1), 0), EINVAL);
    EXPECT_ERRNO(futex(&first, FUTEX_CMP_REQUEUE, (uint32_t)-1, 1, &second, 0), EINVAL);
    return 0;
}
