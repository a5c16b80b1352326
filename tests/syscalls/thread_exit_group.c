// SPDX-License-Identifier: Apache-2.0
//
// exit from a thread ends the whole process at once with its code while the others block in read, futex,
// nanosleep, wait4, spin, or sit in a handler; a fatal signal to one thread ends all. exit_group(2).
#include "testing.h"

static volatile int ready;
static int fds[2];

static void* blocked(void* argument) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    char byte;
    add(&ready, 1);
    switch ((size_t)argument) {
        case 0: EXPECT_EQ(read(fds[0], &byte, 1), -2); break;
        case 1: pthread_mutex_lock(&mutex), pthread_mutex_lock(&mutex); break;
        case 2: nanosleep(&(struct timespec){.tv_sec = 1000}, NULL); break;
        case 3:
            for (;;) __asm__ volatile("");
        case 4:
            for (;;) sched_yield();
    }
    return NULL;
}

static void* ender(void* argument) {
    wait_until_at_least(&ready, 5);
    if (argument == NULL) exit(37);
    if (argument == (void*)1) syscall(SYS_exit_group, 38);
    if (argument == (void*)2) pthread_kill(pthread_self(), SIGTERM);
    EXPECT_OK(raise(SIGKILL));
    return NULL;
}

int main(void) {
    watchdog(60);
    for (size_t way = 0; way < 4; way++) {
        for (int round = 0; round < 10; round++) {
            pid_t child = fork_child();
            if (child == 0) {
                EXPECT_OK(pipe(fds));
                for (size_t i = 1; i < 5; i++) start_thread(blocked, (void*)i);
                start_thread(ender, (void*)way);
                blocked((void*)0);
                _exit(9);
            }
            if (way == 0) EXPECT_EXIT(child, 37);
            if (way == 1) EXPECT_EXIT(child, 38);
            if (way == 2) EXPECT_KILLED(child, SIGTERM);
            if (way == 3) EXPECT_KILLED(child, SIGKILL);
        }
    }
    return 0;
}
