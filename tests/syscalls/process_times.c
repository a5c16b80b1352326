// SPDX-License-Identifier: Apache-2.0
//
// getrusage, times and clock_gettime on CPU clocks count the work of the process, of its threads and of
// waited-for children; a process's CPU clock can be read from outside. getrusage(2), clock_getcpuclockid(3).
#include "testing.h"

#include <sys/resource.h>
#include <sys/times.h>

static long nanoseconds(clockid_t clock) {
    struct timespec now;
    EXPECT_OK(clock_gettime(clock, &now));
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void burn(void) {
    long start = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    while (nanoseconds(CLOCK_THREAD_CPUTIME_ID) < start + 30000000) {
    }
}

static void* burner(void*) {
    burn();
    return NULL;
}

int main(void) {
    watchdog(60);
    long process = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), thread = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    join_thread(start_thread(burner, NULL));
    EXPECT(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) >= process + 30000000);
    EXPECT(nanoseconds(CLOCK_THREAD_CPUTIME_ID) < thread + 30000000);
    struct rusage usage;
    EXPECT_OK(getrusage(RUSAGE_SELF, &usage));
    EXPECT(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec > 0 ||
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 25000);
    EXPECT(usage.ru_maxrss > 0);

    pid_t child = fork_child();
    if (child == 0) {
        burn();
        _exit(0);
    }
    clockid_t clock;
    EXPECT_EQ(clock_getcpuclockid(child, &clock), 0);
    EXPECT(nanoseconds(clock) >= 0);
    int status;
    EXPECT_EQ(wait4(child, &status, 0, &usage), child);
    EXPECT(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
               1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) >=
           25000);
    EXPECT_OK(getrusage(RUSAGE_CHILDREN, &usage));
    EXPECT(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
               1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) >=
           25000);
    struct tms times_now;
    EXPECT(times(&times_now) != (clock_t)-1);
    EXPECT(times_now.tms_cutime + times_now.tms_cstime >= 2);
    return 0;
}
