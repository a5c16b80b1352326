// SPDX-License-Identifier: Apache-2.0
//
// Many threads at once (200, each alive until all are), each with its own id, stack and result; then 2,000
// one after the other. pthread_create(3), pthread_join(3).
#include "testing.h"

enum { kThreads = 200 };
static volatile int alive, release_all;
static pid_t tids[kThreads];

static void* body(void* argument) {
    size_t index = (size_t)argument;
    char stack[8192];
    memset(stack, (int)index, sizeof stack);
    tids[index] = own_tid();
    add(&alive, 1);
    while (!load(&release_all)) sched_yield();
    for (size_t i = 0; i < sizeof stack; i++) EXPECT_EQ((unsigned char)stack[i], index & 255);
    return (void*)(index * 3);
}

static void* nothing(void* argument) { return argument; }

int main(void) {
    watchdog(60);
    pthread_t threads[kThreads];
    pthread_attr_t attributes;
    EXPECT_EQ(pthread_attr_init(&attributes), 0);
    EXPECT_EQ(pthread_attr_setstacksize(&attributes, 65536), 0);
    for (size_t i = 0; i < kThreads; i++) EXPECT_EQ(pthread_create(&threads[i], &attributes, body, (void*)i), 0);
    wait_until_at_least(&alive, kThreads);
    for (int i = 0; i < kThreads; i++) {
        EXPECT(tids[i] != getpid());
        for (int j = 0; j < i; j++) EXPECT(tids[i] != tids[j]);
    }
    store(&release_all, 1);
    for (size_t i = 0; i < kThreads; i++) EXPECT_EQ((size_t)join_thread(threads[i]), i * 3);
    for (size_t i = 0; i < 2000; i++) EXPECT(join_thread(start_thread(nothing, (void*)i)) == (void*)i);
    return 0;
}
