// SPDX-License-Identifier: Apache-2.0
//
// Clocks: the system call and the C library's way agree, monotonic ones do not go back, resolutions, CPU clocks of
// threads and processes, offsets between clocks, clocks that do not exist, getitimer's fields, adjtimex as a question,
// times, sysinfo's uptime. clock_gettime(2).
#include "testing.h"

#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/utsname.h>

static long long call(clockid_t clock) {
    struct timespec time;
    EXPECT_OK(syscall(SYS_clock_gettime, clock, &time));
    EXPECT(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long library(clockid_t clock) {
    struct timespec time;
    EXPECT_OK(clock_gettime(clock, &time));
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void* burn(void*) {
    while (call(CLOCK_THREAD_CPUTIME_ID) < 3000000) continue;
    return NULL;
}

int main(void) {
    watchdog(60);
    static const clockid_t kClocks[] = {CLOCK_REALTIME,         CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,  CLOCK_BOOTTIME,
                                        CLOCK_MONOTONIC_COARSE, CLOCK_TAI,       CLOCK_REALTIME_COARSE};
    for (size_t i = 0; i < sizeof kClocks / sizeof *kClocks; i++) {
        for (int round = 0; round < 50; round++) {
            long long first = call(kClocks[i]), second = library(kClocks[i]), third = call(kClocks[i]);
            if (kClocks[i] == CLOCK_REALTIME || kClocks[i] == CLOCK_TAI || kClocks[i] == CLOCK_REALTIME_COARSE)
                continue;
            EXPECT(first <= second && second <= third);
        }
        struct timespec resolution;
        EXPECT_OK(syscall(SYS_clock_getres, kClocks[i], &resolution));
        EXPECT(resolution.tv_sec == 0 && resolution.tv_nsec > 0 && resolution.tv_nsec <= 20000000);
    }
    EXPECT(call(CLOCK_BOOTTIME) >= call(CLOCK_MONOTONIC) - 1000000);
    long long before = call(CLOCK_THREAD_CPUTIME_ID), process = call(CLOCK_PROCESS_CPUTIME_ID);
    join_thread(start_thread(burn, NULL));
    EXPECT(call(CLOCK_PROCESS_CPUTIME_ID) - process >= 3000000);
    EXPECT(call(CLOCK_THREAD_CPUTIME_ID) >= before);
    struct timespec time;
    EXPECT_ERRNO(syscall(SYS_clock_gettime, 99, &time), EINVAL);
    EXPECT_ERRNO(syscall(SYS_clock_gettime, CLOCK_REALTIME, 8L), EFAULT);
    EXPECT_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL));

    struct timeval now;
    EXPECT_OK(syscall(SYS_gettimeofday, &now, NULL));
    long seconds = now.tv_sec;
    EXPECT(labs(seconds - (long)syscall(SYS_time, NULL)) <= 1);
    EXPECT(llabs(call(CLOCK_REALTIME) / 1000000000 - seconds) <= 1);
    struct timex question = {0};
    EXPECT(adjtimex(&question) >= 0);
    EXPECT(question.tick >= 9000 && question.tick <= 11000);
    question = (struct timex){.modes = ADJ_TICK, .tick = 1};
    EXPECT_EQ(adjtimex(&question), -1);

    struct tms used;
    EXPECT(times(&used) != (clock_t)-1);
    EXPECT(used.tms_utime >= 0 && used.tms_cutime == 0);
    struct sysinfo info;
    EXPECT_OK(sysinfo(&info));
    EXPECT(llabs(info.uptime - call(CLOCK_BOOTTIME) / 1000000000) <= 2);
    EXPECT(info.totalram > 0 && info.procs > 0 && info.mem_unit >= 1);
    struct utsname name;
    EXPECT_OK(uname(&name));
    EXPECT_STREQ(name.sysname, "Linux");
    EXPECT_STREQ(name.machine, "x86_64");
    EXPECT_ERRNO(syscall(SYS_uname, 8L), EFAULT);
    return 0;
}
