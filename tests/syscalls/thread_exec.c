// SPDX-License-Identifier: Apache-2.0
//
// execve from a thread that is not the main one: the pid stays, all other threads vanish, the caller's id
// becomes the pid; a failing execve leaves all threads running. execve(2).
#include "testing.h"

static volatile int ready;
static const char* program;

static void* spinner(void*) {
    add(&ready, 1);
    for (;;) sched_yield();
    return NULL;
}

static void* caller(void*) {
    wait_until_at_least(&ready, 3);
    EXPECT_ERRNO(execl("/nonexistent/program", "x", NULL), ENOENT);
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    execl(program, program, pid, NULL);
    EXPECT(false);
    return NULL;
}

static int after_exec(const char* pid) {
    EXPECT_EQ(getpid(), atoi(pid));
    EXPECT_EQ(own_tid(), getpid());
    DIR* directory = opendir("/proc/self/task");
    EXPECT(directory != NULL);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    EXPECT_EQ(count, 1);
    return 17;
}

int main(int argc, char** argv) {
    if (argc == 2) return after_exec(argv[1]);
    watchdog(60);
    program = argv[0];
    for (int round = 0; round < 5; round++) {
        pid_t child = fork_child();
        if (child == 0) {
            start_thread(spinner, NULL);
            start_thread(spinner, NULL);
            start_thread(caller, NULL);
            spinner(NULL);
        }
        EXPECT_EXIT(child, 17);
    }
    return 0;
}
