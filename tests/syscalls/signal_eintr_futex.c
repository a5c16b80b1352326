// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_WAIT: without SA_RESTART a handler ends it with EINTR; with it an untimed wait goes on (and
// FUTEX_WAKE wakes it), a wait with a relative time-out still ends with EINTR. signal(7), futex(2).
#include "testing.h"

#include <linux/futex.h>

static int* word;

static long futex_wait(const struct timespec* timeout) {
    return syscall(SYS_futex, word, FUTEX_WAIT, 0, timeout, NULL, 0);
}

static void wake(int) {
    store(word, 1);
    EXPECT_EQ(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
}

int main(void) {
    watchdog(60);
    word = shared_memory(4096);
    struct timespec long_time = {.tv_sec = 1000}, short_time = {.tv_nsec = 1000};
    EXPECT_ERRNO(futex_wait(&short_time), ETIMEDOUT);

    count_signals(SIGUSR1, 0);
    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(futex_wait(NULL), EINTR);
    EXPECT_ERRNO(futex_wait(&long_time), EINTR);
    stop_interrupting(helper);

    count_signals(SIGUSR1, SA_RESTART);
    helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(futex_wait(&long_time), EINTR);
    stop_interrupting(helper);

    store(signal_count, 0);
    helper = interrupt_then(SIGUSR1, wake, 0);
    EXPECT_EQ(futex_wait(NULL), 0);
    EXPECT_EXIT(helper, 0);
    EXPECT_EQ(load(signal_count), 3);
    EXPECT_ERRNO(futex_wait(NULL), EAGAIN);
    return 0;
}
