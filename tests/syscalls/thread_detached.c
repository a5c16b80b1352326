// SPDX-License-Identifier: Apache-2.0
//
// Detached threads run and vanish from /proc/self/task without a join, a thousand with stacks of 1 MiB one
// after the other. pthread_detach(3), proc(5).
#include "testing.h"

static volatile int done;

static void* body(void*) {
    add(&done, 1);
    return NULL;
}

static int task_count(void) {
    DIR* directory = opendir("/proc/self/task");
    EXPECT(directory != NULL);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

int main(void) {
    watchdog(60);
    pthread_attr_t attributes;
    EXPECT_EQ(pthread_attr_init(&attributes), 0);
    EXPECT_EQ(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED), 0);
    EXPECT_EQ(pthread_attr_setstacksize(&attributes, 1 << 20), 0);
    for (int i = 1; i <= 1000; i++) {
        pthread_t thread;
        EXPECT_EQ(pthread_create(&thread, &attributes, body, NULL), 0);
        wait_until_at_least(&done, i);
        if (i % 100 == 0)
            while (task_count() != 1) sched_yield();
    }
    pthread_t thread = start_thread(body, NULL);
    EXPECT_EQ(pthread_detach(thread), 0);
    while (task_count() != 1) sched_yield();
    EXPECT_EQ(load(&done), 1001);
    return 0;
}
