// SPDX-License-Identifier: Apache-2.0
//
// A handler ends nanosleep and clock_nanosleep with EINTR even under SA_RESTART; a relative sleep reports the
// remaining time, an absolute one leaves it alone. A stop and continue without a handler does not end the
// sleep. nanosleep(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    struct timespec long_time = {.tv_sec = 1000}, remaining = {0};
    pid_t helper = start_interrupting(SIGUSR1);
    EXPECT_ERRNO(nanosleep(&long_time, &remaining), EINTR);
    EXPECT(remaining.tv_sec >= 900 && remaining.tv_sec <= 1000);

    remaining = (struct timespec){0};
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &remaining), EINTR);
    EXPECT(remaining.tv_sec >= 900 && remaining.tv_sec <= 1000);

    struct timespec absolute;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &absolute));
    absolute.tv_sec += 1000;
    remaining = (struct timespec){.tv_sec = 77};
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &absolute, &remaining), EINTR);
    EXPECT_EQ(remaining.tv_sec, 77);
    stop_interrupting(helper);

    pid_t sleeper = fork_child();
    if (sleeper == 0) {
        struct timespec short_time = {.tv_nsec = 200000000}, start, end;
        EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start));
        EXPECT_OK(nanosleep(&short_time, NULL));
        EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &end));
        EXPECT((end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec >= 200000000);
        _exit(0);
    }
    EXPECT_OK(kill(sleeper, SIGSTOP));
    int status;
    EXPECT_EQ(waitpid(sleeper, &status, WUNTRACED), sleeper);
    EXPECT(WIFSTOPPED(status));
    EXPECT_OK(kill(sleeper, SIGCONT));
    EXPECT_EXIT(sleeper, 0);
    return 0;
}
