// SPDX-License-Identifier: Apache-2.0
//
// epoll_pwait2 takes a timespec: zero polls, less than a millisecond is waited for, null is for ever; it installs its
// mask for the time of the call only; bad times and sizes are EINVAL. epoll_wait(2).
#include "testing.h"

#include <sys/epoll.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int epoll, fds[2];

static long pwait2(struct epoll_event* event, const struct timespec* timeout, const sigset_t* mask, size_t size) {
    return syscall(SYS_epoll_pwait2, epoll, event, 1, timeout, mask, size);
}

int main(void) {
    watchdog(60);
    epoll = EXPECT_OK(epoll_create1(0));
    EXPECT_OK(pipe(fds));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 7};
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    struct timespec time = {0}, begin, end;
    if (pwait2(&event, &time, NULL, 0) == -1 && errno == ENOSYS) SKIP("no epoll_pwait2");
    EXPECT_EQ(pwait2(&event, &time, NULL, 0), 0);
    time.tv_nsec = 300000;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &begin));
    EXPECT_EQ(pwait2(&event, &time, NULL, 0), 0);
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &end));
    EXPECT((end.tv_sec - begin.tv_sec) * 1000000000L + end.tv_nsec - begin.tv_nsec >= 300000);
    EXPECT_EQ(time.tv_nsec, 300000);  // not changed
    time.tv_nsec = 1000000000;
    EXPECT_ERRNO(pwait2(&event, &time, NULL, 0), EINVAL);
    time = (struct timespec){.tv_sec = -1};
    EXPECT_ERRNO(pwait2(&event, &time, NULL, 0), EINVAL);
    EXPECT_ERRNO(pwait2(&event, (const struct timespec*)8, NULL, 0), EFAULT);

    // A signal that is pending and blocked comes through under the mask, and only there.
    count_signals(SIGUSR1, 0);
    sigset_t blocked = set_of(SIGUSR1), none, now;
    sigemptyset(&none);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_ERRNO(pwait2(&event, NULL, &none, 4), EINVAL);
    EXPECT_EQ(load(signal_count), 0);
    EXPECT_ERRNO(pwait2(&event, NULL, &none, 8), EINTR);
    EXPECT_EQ(load(signal_count), 1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    EXPECT(sigismember(&now, SIGUSR1));
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    EXPECT_EQ(pwait2(&event, NULL, &none, 8), 1);
    EXPECT_EQ(event.data.u64, 7);
    return 0;
}
