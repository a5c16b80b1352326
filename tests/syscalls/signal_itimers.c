// SPDX-License-Identifier: Apache-2.0
//
// setitimer: ITIMER_REAL sends SIGALRM repeatedly, ITIMER_VIRTUAL SIGVTALRM, ITIMER_PROF SIGPROF while the
// program computes; getitimer and a second setitimer report the rest; alarm shares ITIMER_REAL; not inherited
// by fork. setitimer(2).
#include "testing.h"

#include <sys/time.h>

static volatile int counts[65];

static void handler(int number) { counts[number]++; }

int main(void) {
    watchdog_without_alarm(60);
    static const struct {
        int timer, number;
    } timers[] = {{ITIMER_REAL, SIGALRM}, {ITIMER_VIRTUAL, SIGVTALRM}, {ITIMER_PROF, SIGPROF}};
    for (int i = 0; i < 3; i++) {
        handle_with(timers[i].number, handler, 0);
        struct itimerval interval = {{0, 2000}, {0, 1000}}, off = {0}, old;
        EXPECT_OK(setitimer(timers[i].timer, &interval, NULL));
        while (counts[timers[i].number] < 5) {
        }
        EXPECT_OK(setitimer(timers[i].timer, &off, &old));
        EXPECT(old.it_interval.tv_sec == 0 && old.it_interval.tv_usec >= 2000 && old.it_interval.tv_usec < 20000);
        EXPECT_OK(getitimer(timers[i].timer, &old));
        EXPECT(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    }
    EXPECT_EQ(alarm(1000), 0);
    struct itimerval left;
    EXPECT_OK(getitimer(ITIMER_REAL, &left));
    EXPECT(left.it_value.tv_sec >= 990 && left.it_value.tv_sec <= 1000);
    pid_t child = EXPECT_OK(fork());
    if (child == 0) _exit((int)alarm(0));
    EXPECT_EXIT(child, 0);
    unsigned rest = alarm(0);
    EXPECT(rest >= 990 && rest <= 1000);
    EXPECT_ERRNO(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 2000000}}, NULL), EINVAL);
    EXPECT_ERRNO(getitimer(7, &left), EINVAL);
    return 0;
}
