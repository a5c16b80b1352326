// SPDX-License-Identifier: Apache-2.0
//
// sched_setscheduler and its kin: SCHED_BATCH and SCHED_IDLE, real-time as root with reset-on-fork, sched_getattr and
// sched_setattr by size, ranges of priorities, ioprio, bad values. sched(7), sched_setattr(2), ioprio_set(2).
#include "testing.h"

#include <sys/resource.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static long get_attributes(struct attributes* into, unsigned size) {
    return syscall(SYS_sched_getattr, 0, into, size, 0);
}

int main(void) {
    watchdog(60);
    struct sched_param param = {0};
    EXPECT_OK(sched_setscheduler(0, SCHED_BATCH, &param));
    EXPECT_EQ(sched_getscheduler(0), SCHED_BATCH);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(sched_getscheduler(0), SCHED_BATCH);  // inherited
        EXPECT_OK(sched_setscheduler(0, SCHED_IDLE, &param));
        EXPECT_EQ(sched_getscheduler(getpid()), SCHED_IDLE);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_OK(sched_setscheduler(0, SCHED_OTHER, &param));
    param.sched_priority = 5;
    EXPECT_ERRNO(sched_setscheduler(0, SCHED_OTHER, &param), EINVAL);
    EXPECT_ERRNO(sched_setscheduler(0, 99, &param), EINVAL);
    EXPECT_ERRNO(sched_setscheduler(0x3fffff, SCHED_OTHER, &param), ESRCH);
    EXPECT_EQ(sched_get_priority_max(SCHED_FIFO), 99);
    EXPECT_EQ(sched_get_priority_min(SCHED_FIFO), 1);
    EXPECT_EQ(sched_get_priority_max(SCHED_OTHER), 0);
    EXPECT_ERRNO(sched_get_priority_max(99), EINVAL);
    struct timespec interval;
    EXPECT_OK(sched_rr_get_interval(0, &interval));

    struct attributes attributes = {0};
    EXPECT_OK(get_attributes(&attributes, sizeof attributes));
    EXPECT_EQ(attributes.size, sizeof attributes);
    EXPECT_EQ(attributes.policy, SCHED_OTHER);
    attributes.nice = 3;
    EXPECT_OK(syscall(SYS_sched_setattr, 0, &attributes, 0));
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 3);
    EXPECT_ERRNO(get_attributes(&attributes, 4), EINVAL);
    attributes.size = 4;
    EXPECT_ERRNO(syscall(SYS_sched_setattr, 0, &attributes, 0), E2BIG);
    EXPECT(attributes.size >= sizeof attributes);  // the kernel's own size
    EXPECT_ERRNO(syscall(SYS_sched_setattr, 0, &attributes, 1), EINVAL);
    errno = 0;
    EXPECT_EQ(getpriority(PRIO_PGRP, 0) <= 3, true);
    EXPECT_ERRNO(getpriority(PRIO_PROCESS, 0x3fffff), ESRCH);
    EXPECT_ERRNO(getpriority(9, 0), EINVAL);

    EXPECT_OK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));  // best effort, level 6
    EXPECT_EQ(syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 6);
    EXPECT_ERRNO(syscall(SYS_ioprio_set, 9, 0, 0), EINVAL);

    param.sched_priority = 1;
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) == 0) {
        EXPECT_EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
        EXPECT_OK(sched_getparam(0, &param));
        EXPECT_EQ(param.sched_priority, 1);
        child = fork_child();
        if (child == 0) _exit(sched_getscheduler(0));
        EXPECT_EXIT(child, SCHED_OTHER);
        param.sched_priority = 100;
        EXPECT_ERRNO(sched_setparam(0, &param), EINVAL);
        param.sched_priority = 0;
        EXPECT_OK(sched_setscheduler(0, SCHED_OTHER, &param));
    } else {
        EXPECT_EQ(errno, EPERM);
    }
    return 0;
}
