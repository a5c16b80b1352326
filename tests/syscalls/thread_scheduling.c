// SPDX-License-Identifier: Apache-2.0
//
// Affinity and scheduling calls work by thread id: sched_getaffinity is what sched_setaffinity set, for one
// thread only; sched_getcpu obeys; nice and getpriority; sched_getscheduler is SCHED_OTHER.
// sched_setaffinity(2), sched(7).
#include "testing.h"

#include <sys/resource.h>

static void* body(void* argument) {
    cpu_set_t set;
    EXPECT_OK(sched_getaffinity(0, sizeof set, &set));
    EXPECT(CPU_EQUAL(&set, (cpu_set_t*)argument));  // inherited
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &set)) last--;
    CPU_ZERO(&set);
    CPU_SET(last, &set);
    EXPECT_OK(sched_setaffinity(own_tid(), sizeof set, &set));
    EXPECT_EQ(sched_getcpu(), last);
    EXPECT_EQ(pthread_getaffinity_np(pthread_self(), sizeof set, &set), 0);
    EXPECT_EQ(CPU_COUNT(&set), 1);
    EXPECT_OK(setpriority(PRIO_PROCESS, (id_t)own_tid(), 5));
    errno = 0;
    EXPECT_EQ(getpriority(PRIO_PROCESS, (id_t)own_tid()), 5);
    return NULL;
}

int main(void) {
    watchdog(60);
    cpu_set_t before, after;
    EXPECT_OK(sched_getaffinity(0, sizeof before, &before));
    int priority = getpriority(PRIO_PROCESS, 0);
    if (priority > 5) SKIP("runs with nice %d", priority);
    join_thread(start_thread(body, &before));
    EXPECT_OK(sched_getaffinity(getpid(), sizeof after, &after));
    EXPECT(CPU_EQUAL(&before, &after));
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), priority);
    EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
    CPU_ZERO(&after);
    EXPECT_ERRNO(sched_setaffinity(0, sizeof after, &after), EINVAL);
    EXPECT_ERRNO(sched_getaffinity(-1, sizeof after, &after), ESRCH);
    return 0;
}
