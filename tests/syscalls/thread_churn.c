// SPDX-License-Identifier: Apache-2.0
//
// Threads that are created, run and end concurrently from several threads, joined and detached, with signals
// coming in: none is lost, no id is wrong, all resources come back. pthreads(7).
#include "testing.h"

static volatile int ended, detached_ended, finish, handled;

static void handler(int) { add(&handled, 1); }

static void* short_lived(void* argument) {
    pid_t tid = own_tid();
    void* memory = malloc(1000);
    EXPECT_EQ(own_tid(), tid);
    free(memory);
    add(argument != NULL ? &detached_ended : &ended, 1);
    return (void*)(size_t)tid;
}

static void* creator(void*) {
    pthread_attr_t attributes;
    EXPECT_EQ(pthread_attr_init(&attributes), 0);
    EXPECT_EQ(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED), 0);
    for (int i = 0; i < 500; i++) {
        pthread_t first = start_thread(short_lived, NULL), second = start_thread(short_lived, NULL), third;
        EXPECT_EQ(pthread_create(&third, &attributes, short_lived, (void*)1), 0);
        EXPECT(join_thread(first) != NULL && join_thread(second) != NULL);
    }
    return NULL;
}

static void* signaller(void*) {
    while (!load(&finish)) {
        EXPECT_OK(kill(getpid(), SIGUSR1));
        sched_yield();
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, SA_RESTART);
    pthread_t creators[4], noise = start_thread(signaller, NULL);
    for (int i = 0; i < 4; i++) creators[i] = start_thread(creator, NULL);
    for (int i = 0; i < 4; i++) join_thread(creators[i]);
    wait_until_at_least(&detached_ended, 2000);
    store(&finish, 1);
    join_thread(noise);
    EXPECT_EQ(load(&ended), 4000);
    EXPECT(load(&handled) > 0);
    return 0;
}
