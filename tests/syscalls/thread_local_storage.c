// SPDX-License-Identifier: Apache-2.0
//
// Thread-local variables, errno and pthread keys are each thread's own, also while system calls fail in many
// threads at once and under signals; destructors of keys run at exit. pthread_key_create(3), errno(3).
#include "testing.h"

static __thread long mine = 7;
static __thread char block[5000];
static pthread_key_t key;
static volatile int destroyed, in_handler;

static void destructor(void* value) { add(&destroyed, (int)(size_t)value); }

static void handler(int) {
    int saved = errno;
    in_handler = in_handler + (mine == 0);
    errno = saved;
}

static void* body(void* argument) {
    size_t index = (size_t)argument;
    EXPECT_EQ(mine, 7);
    for (size_t i = 0; i < sizeof block; i++) EXPECT_EQ(block[i], 0);
    mine = (long)(1000 + index);
    memset(block, (int)index, sizeof block);
    EXPECT_EQ(pthread_setspecific(key, (void*)index), 0);
    for (int i = 0; i < 2000; i++) {
        if (index % 2 == 0)
            EXPECT_ERRNO(close(-1), EBADF);
        else
            EXPECT_ERRNO(open("/nonexistent/file", O_RDONLY), ENOENT);
        if (i % 100 == 0) EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
        EXPECT_EQ(errno, index % 2 == 0 ? EBADF : ENOENT);
        EXPECT_EQ(mine, 1000 + index);
    }
    for (size_t i = 0; i < sizeof block; i++) EXPECT_EQ(block[i], index);
    EXPECT_EQ((size_t)pthread_getspecific(key), index);
    return &mine;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    EXPECT_EQ(pthread_key_create(&key, destructor), 0);
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++) threads[i] = start_thread(body, (void*)(i + 1));
    for (size_t i = 0; i < 8; i++) join_thread(threads[i]);
    EXPECT_EQ(load(&destroyed), 36);
    EXPECT_EQ(in_handler, 0);
    EXPECT_EQ(mine, 7);
    return 0;
}
