// SPDX-License-Identifier: Apache-2.0
//
// timerfd with TFD_TIMER_ABSTIME on the monotonic, real-time and boot clocks, a blocking read, what is left, several
// expirations of a past time with an interval, cancel-on-set where no clock is set, fork and dup. timerfd_create(2).
#include "testing.h"

#include <sys/timerfd.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

static struct timespec in_milliseconds(clockid_t clock, long milliseconds) {
    struct timespec time;
    EXPECT_OK(clock_gettime(clock, &time));
    time.tv_nsec += milliseconds * 1000000;
    while (time.tv_nsec >= 1000000000) time.tv_nsec -= 1000000000, time.tv_sec++;
    while (time.tv_nsec < 0) time.tv_nsec += 1000000000, time.tv_sec--;
    return time;
}

int main(void) {
    watchdog(60);
    uint64_t count;
    struct itimerspec left;
    static const clockid_t kClocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
    for (int i = 0; i < 3; i++) {
        int timer = EXPECT_OK(timerfd_create(kClocks[i], TFD_CLOEXEC));
        struct itimerspec when = {.it_value = in_milliseconds(kClocks[i], 5)};
        EXPECT_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL));
        EXPECT_OK(timerfd_gettime(timer, &left));
        EXPECT(left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 5000000);  // what is left, not the time of day
        EXPECT_EQ(read(timer, &count, 8), 8);
        EXPECT_EQ(count, 1);
        struct timespec now = in_milliseconds(kClocks[i], 0);
        EXPECT(now.tv_sec > when.it_value.tv_sec ||
               (now.tv_sec == when.it_value.tv_sec && now.tv_nsec >= when.it_value.tv_nsec));
        EXPECT_OK(timerfd_gettime(timer, &left));
        EXPECT_EQ(left.it_value.tv_nsec, 0);
        // Begun a hundred milliseconds ago, every ten: about ten at once.
        when = (struct itimerspec){.it_value = in_milliseconds(kClocks[i], -100), .it_interval.tv_nsec = 10000000};
        EXPECT_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL));
        EXPECT_EQ(read(timer, &count, 8), 8);
        EXPECT(count >= 10);
        EXPECT_OK(close(timer));
    }

    int timer = EXPECT_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    struct itimerspec when = {.it_value = in_milliseconds(CLOCK_REALTIME, 3600000)};
    EXPECT_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL));
    EXPECT_OK(timerfd_gettime(timer, &left));
    EXPECT(left.it_value.tv_sec >= 3500 && left.it_value.tv_sec <= 3600);
    EXPECT_ERRNO(timerfd_settime(timer, 0x100, &when, NULL), EINVAL);
    when = (struct itimerspec){.it_value.tv_nsec = 1000000000};
    EXPECT_ERRNO(timerfd_settime(timer, 0, &when, NULL), EINVAL);
    EXPECT_ERRNO(timerfd_settime(timer, 0, (struct itimerspec*)8, NULL), EFAULT);

    when = (struct itimerspec){.it_value.tv_nsec = 1};
    EXPECT_OK(timerfd_settime(timer, 0, &when, &left));
    EXPECT(left.it_value.tv_sec >= 3500);
    int duplicate = EXPECT_OK(dup(timer));
    pid_t child = fork_child();
    if (child == 0) {
        while (read(duplicate, &count, 8) != 8) EXPECT_EQ(errno, EAGAIN);
        EXPECT_EQ(count, 1);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_ERRNO(read(timer, &count, 8), EAGAIN);  // one timer for all
    return 0;
}
