// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/task has exactly one directory a thread of the program, named by its id; the Threads line of
// /proc/self/status agrees. proc(5).
#include "testing.h"

enum { kThreads = 5 };
static volatile int tids[kThreads], release_all;

static void* body(void* argument) {
    store(&tids[(size_t)argument], own_tid());
    while (!load(&release_all)) sched_yield();
    return NULL;
}

static bool is_thread(int tid) {
    if (tid == getpid()) return true;
    for (int i = 0; i < kThreads; i++)
        if (tids[i] == tid) return true;
    return false;
}

static int check_task_directory(void) {
    DIR* directory = opendir("/proc/self/task");
    EXPECT(directory != NULL);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        EXPECT(is_thread(atoi(entry->d_name)));
        count++;
    }
    closedir(directory);
    return count;
}

static int threads_line(void) {
    char text[8192], *line;
    read_file("/proc/self/status", text, sizeof text);
    EXPECT((line = strstr(text, "\nThreads:")) != NULL);
    return atoi(line + 9);
}

int main(void) {
    watchdog(60);
    EXPECT_EQ(check_task_directory(), 1);
    EXPECT_EQ(threads_line(), 1);
    pthread_t threads[kThreads];
    for (size_t i = 0; i < kThreads; i++) threads[i] = start_thread(body, (void*)i);
    for (int i = 0; i < kThreads; i++) wait_until_at_least(&tids[i], 1);
    EXPECT_EQ(check_task_directory(), 1 + kThreads);
    EXPECT_EQ(threads_line(), 1 + kThreads);
    store(&release_all, 1);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    while (check_task_directory() != 1) sched_yield();
    return 0;
}
