// SPDX-License-Identifier: Apache-2.0
//
// POSIX timers on CPU clocks fire by computation and not by waiting; absolute times, intervals, timer_gettime, several
// timers at once; ids that are none, clocks that have no timers. timer_create(2), timer_settime(2).
#include "testing.h"

static volatile int fired[3];

static void on_timer(int, siginfo_t* info, void*) { add(&fired[info->si_value.sival_int], 1); }

static timer_t make(clockid_t clock, int index) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = index};
    timer_t timer;
    EXPECT_OK(timer_create(clock, &event, &timer));
    return timer;
}

static void* burn(void*) {
    while (load(&fired[0]) < 3) continue;
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGRTMIN, on_timer, SA_RESTART);
    timer_t process = make(CLOCK_PROCESS_CPUTIME_ID, 0), thread = make(CLOCK_THREAD_CPUTIME_ID, 1);
    struct itimerspec when = {.it_value.tv_nsec = 5000000, .it_interval.tv_nsec = 5000000}, left;
    EXPECT_OK(timer_settime(process, 0, &when, NULL));
    EXPECT_OK(timer_settime(thread, 0, &when, NULL));
    EXPECT_OK(timer_gettime(thread, &left));
    EXPECT(left.it_interval.tv_nsec == 5000000 && left.it_value.tv_nsec <= 5000000 && left.it_value.tv_nsec > 0);
    // Another thread's work moves the process's clock only, while this one sleeps in the join.
    join_thread(start_thread(burn, NULL));
    EXPECT(fired[0] >= 3);
    while (load(&fired[1]) == 0) continue;
    EXPECT_OK(timer_delete(process));
    EXPECT_OK(timer_delete(thread));
    EXPECT_ERRNO(syscall(SYS_timer_gettime, 12345, &left), EINVAL);
    EXPECT_ERRNO(syscall(SYS_timer_delete, 12345), EINVAL);

    timer_t absolute = make(CLOCK_REALTIME, 2);
    when = (struct itimerspec){0};
    EXPECT_OK(clock_gettime(CLOCK_REALTIME, &when.it_value));
    when.it_value.tv_sec += 1000;
    EXPECT_OK(timer_settime(absolute, TIMER_ABSTIME, &when, NULL));
    EXPECT_OK(timer_gettime(absolute, &left));
    EXPECT(left.it_value.tv_sec >= 998 && left.it_value.tv_sec <= 1000);
    when.it_value.tv_sec -= 2000;
    EXPECT_OK(timer_settime(absolute, TIMER_ABSTIME, &when, &left));
    EXPECT(left.it_value.tv_sec >= 998);
    wait_until_at_least(&fired[2], 1);
    EXPECT_EQ(timer_getoverrun(absolute), 0);
    when.it_value.tv_nsec = -1;
    EXPECT_ERRNO(timer_settime(absolute, 0, &when, NULL), EINVAL);
    struct sigevent event = {.sigev_notify = 77};
    timer_t none;
    EXPECT_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &none), EINVAL);
    event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99};
    EXPECT_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &none), EINVAL);
    EXPECT_ERRNO(timer_create(77, NULL, &none), EINVAL);
    return 0;
}
