// SPDX-License-Identifier: Apache-2.0
//
// Handlers nest: while one runs, other signals interrupt it, each with a frame of its own, and all return in
// turn to the interrupted code; a system call in a handler works; errno that a handler saves survives.
// signal(7).
#include "testing.h"

static volatile int order[16], used;
static const int numbers[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGINT, SIGQUIT};
enum { kCount = sizeof numbers / sizeof numbers[0] };

static void handler(int number) {
    int saved = errno;
    int level = 0;
    while (numbers[level] != number) level++;
    order[used++] = level;
    char page[4096];
    memset(page, level, sizeof page);
    if (level + 1 < kCount) EXPECT_OK(raise(numbers[level + 1]));
    EXPECT_ERRNO(close(-1), EBADF);
    for (size_t i = 0; i < sizeof page; i++) EXPECT_EQ(page[i], level);
    order[used++] = 100 + level;
    errno = saved;
}

int main(void) {
    watchdog(60);
    for (int i = 0; i < kCount; i++) handle_with(numbers[i], handler, 0);
    errno = ENOTTY;
    raise(SIGUSR1);
    EXPECT_EQ(errno, ENOTTY);
    EXPECT_EQ(used, 2 * kCount);
    for (int i = 0; i < kCount; i++) {
        EXPECT_EQ(order[i], i);
        EXPECT_EQ(order[kCount + i], 100 + kCount - 1 - i);
    }
    // Several unblocked at once: the kernel stacks all frames; the last pushed (highest number) runs first.
    sigset_t all = all_but_watchdog(), mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, &all, &mask));
    count_signals(SIGUSR1, 0);
    count_signals(SIGUSR2, 0);
    count_signals(SIGHUP, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_OK(raise(SIGUSR2));
    EXPECT_OK(raise(SIGHUP));
    EXPECT_OK(sigprocmask(SIG_SETMASK, &mask, NULL));
    EXPECT_EQ(load(signal_count), 3);
    return 0;
}
