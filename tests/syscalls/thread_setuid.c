// SPDX-License-Identifier: Apache-2.0
//
// setuid and setgid change the ids of all threads (the C library signals each of them), also of threads that
// block; the raw call changes only its own. Needs root. setuid(2), nptl(7).
#include "testing.h"

static volatile int tids[4], release_all;
static int fds[2];

static void* body(void* argument) {
    size_t index = (size_t)argument;
    store(&tids[index], own_tid());
    char byte;
    if (index % 2 == 0)
        EXPECT_EQ(read(fds[0], &byte, 1), 1);
    else
        while (!load(&release_all)) sched_yield();
    EXPECT_EQ(syscall(SYS_geteuid), 65534);
    EXPECT_EQ(syscall(SYS_getegid), 65534);
    return NULL;
}

static void* raw_body(void*) {
    EXPECT_OK(syscall(SYS_setresuid, -1, 65533, -1));
    EXPECT_EQ(syscall(SYS_geteuid), 65533);
    return NULL;
}

int main(void) {
    watchdog(60);
    if (geteuid() != 0) SKIP("needs root");
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(pipe(fds));
        join_thread(start_thread(raw_body, NULL));
        EXPECT_EQ(geteuid(), 0);
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++) threads[i] = start_thread(body, (void*)i);
        for (int i = 0; i < 4; i++) wait_until_at_least(&tids[i], 1);
        for (int i = 0; i < 4; i += 2) wait_asleep(getpid(), tids[i]);
        EXPECT_OK(setgid(65534));
        EXPECT_OK(setuid(65534));
        store(&release_all, 1);
        EXPECT_EQ(write(fds[1], "xx", 2), 2);
        for (int i = 0; i < 4; i++) join_thread(threads[i]);
        EXPECT_ERRNO(setuid(0), EPERM);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
