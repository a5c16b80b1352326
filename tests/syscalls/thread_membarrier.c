// SPDX-License-Identifier: Apache-2.0
//
// membarrier: the query lists what there is, expedited ones want registration, a barrier orders two threads' plain
// stores and loads, unknown commands are EINVAL; /proc/self/task and sched_yield under it. membarrier(2).
#include "testing.h"

#include <linux/membarrier.h>

static long barrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

static volatile int first, second, rounds, seen_first, stop;

// The fast side: plain store, plain load, no fence of the processor; the slow side calls membarrier.
static void* fast(void*) {
    while (!stop) {
        int round = __atomic_load_n(&rounds, __ATOMIC_ACQUIRE);
        first = round;
        __asm__ volatile("" ::: "memory");
        __atomic_store_n(&seen_first, second, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    long supported = barrier(MEMBARRIER_CMD_QUERY);
    if (supported == -1 && errno == ENOSYS) SKIP("no membarrier");
    EXPECT(supported > 0);
    EXPECT_ERRNO(barrier(0x40000000), EINVAL);
    EXPECT_ERRNO(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0x100, 0), EINVAL);
    if ((supported & MEMBARRIER_CMD_GLOBAL) != 0) EXPECT_OK(barrier(MEMBARRIER_CMD_GLOBAL));
    if ((supported & MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return 0;
    EXPECT_OK(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED));
    EXPECT_OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
    pthread_t thread = start_thread(fast, NULL);
    for (int round = 1; round <= 500; round++) {
        __atomic_store_n(&rounds, round, __ATOMIC_RELEASE);
        second = round;
        EXPECT_OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
        if (first != round)  // then the other side's next load must see our store
            while (__atomic_load_n(&seen_first, __ATOMIC_RELAXED) < round) sched_yield();
    }
    stop = 1;
    join_thread(thread);
    pid_t child = fork_child();
    if (child == 0) {  // the registration belongs to the memory, which fork copies
        EXPECT_OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
