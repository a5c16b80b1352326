// SPDX-License-Identifier: Apache-2.0
//
// A vfork child leaves nothing behind in the memory it shares: neither what it used for exec, nor, when it is killed
// just before exec, a lock that its parent would wait for. vfork(2).
#include "testing.h"

#include <spawn.h>

enum { kStrings = 40, kLength = 500, kSpawns = 300 };
static char strings[kStrings][kLength];
static char* environment[kStrings + 1];

static void* idle(void*) {
    while (pause() == -1) continue;
    return NULL;
}

static long resident_kib(void) {
    char text[256];
    long size, resident;
    read_file("/proc/self/statm", text, sizeof text);
    EXPECT_EQ(sscanf(text, "%ld %ld", &size, &resident), 2);
    return resident * 4;
}

static pid_t start_killed_after(const char* path, long nanoseconds) {
    char* arguments[] = {(char*)path, (char*)"child", NULL};
    pid_t child = vfork();
    if (child != 0) return child;
    struct sigevent event = {.sigev_signo = SIGKILL, .sigev_notify = SIGEV_SIGNAL};
    struct itimerspec when = {.it_interval = {0, 0}, .it_value = {0, nanoseconds}};
    int timer;
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    syscall(SYS_timer_settime, timer, 0, &when, NULL);
    execve(path, arguments, environment);
    _exit(1);
}

int main(int argc, char** argv) {
    if (argc > 1) return 0;
    watchdog(100);
    const char* path = own_path(argv[0]);
    for (int i = 0; i < kStrings; i++) environment[i] = memset(strings[i], 'x', kLength - 1);

    long before = 0;
    for (int i = 0; i < kSpawns; i++) {
        char* arguments[] = {(char*)path, (char*)"child", NULL};
        pid_t child;
        EXPECT_EQ(posix_spawn(&child, path, NULL, NULL, arguments, environment), 0);
        EXPECT_EXIT(child, 0);
        if (i == kSpawns / 10) before = resident_kib();
    }
    long grown = resident_kib() - before;
    if (grown > 2048) test_failed(__FILE_NAME__, __LINE__, "%d spawns took %ld KiB", kSpawns, grown);

    start_thread(idle, NULL);  // from here on the C library of whatever runs us locks
    for (int i = 0; i < 1000; i++) wait_child(start_killed_after(path, 1000 + i * 997 % 600 * 1000));
    return 0;
}
