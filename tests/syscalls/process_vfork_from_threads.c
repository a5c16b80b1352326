// SPDX-License-Identifier: Apache-2.0
//
// vfork in one thread suspends only that thread; several threads may start programs by vfork and posix_spawn
// at once, and each gets its own child's result. vfork(2).
#include "testing.h"

#include <spawn.h>

extern char** environ;
static volatile int progress, finish;

static void* counting(void*) {
    while (!load(&finish)) add(&progress, 1);
    return NULL;
}

static void* starter(void* argument) {
    size_t index = (size_t)argument;
    char script[32];
    snprintf(script, sizeof script, "exit %zu", index + 10);
    for (int i = 0; i < 15; i++) {
        pid_t child;
        if (index % 2 == 0) {
            char* arguments[] = {"sh", "-c", script, NULL};
            EXPECT_EQ(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ), 0);
        } else {
            child = vfork();
            if (child == 0) {
                execl("/bin/sh", "sh", "-c", script, NULL);
                _exit(99);
            }
        }
        EXPECT_EXIT(child, (int)index + 10);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t counter = start_thread(counting, NULL), threads[4];
    for (size_t i = 0; i < 4; i++) threads[i] = start_thread(starter, (void*)i);
    for (int i = 0; i < 4; i++) join_thread(threads[i]);

    pid_t child = vfork();
    if (child == 0) {
        int before = load(&progress);
        while (load(&progress) < before + 100) {
        }  // the other thread runs on while this one's parent is suspended
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    store(&finish, 1);
    join_thread(counter);
    return 0;
}
