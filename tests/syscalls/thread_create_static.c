// SPDX-License-Identifier: Apache-2.0
//
// A static program has threads, thread-local variables, signals and fork like any other. pthreads(7).
#include "testing.h"

static __thread int mine = 5;
static volatile int handled;

static void handler(int) { add(&handled, mine); }

static void* body(void* argument) {
    EXPECT_EQ(mine, 5);
    mine = 6;
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
    return argument;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    pthread_t threads[10];
    for (size_t i = 0; i < 10; i++) threads[i] = start_thread(body, (void*)i);
    for (size_t i = 0; i < 10; i++) EXPECT_EQ((size_t)join_thread(threads[i]), i);
    EXPECT_EQ(load(&handled), 60);
    pid_t child = fork_child();
    if (child == 0) _exit(mine);
    EXPECT_EXIT(child, 5);
    return 0;
}
