// SPDX-License-Identifier: Apache-2.0
//
// pthread_cancel: deferred cancellation ends a thread blocked in read, nanosleep, pthread_cond_wait and
// pause, running its clean-up handlers; asynchronous cancellation ends a loop; a disabled one waits until
// enabled. pthread_cancel(3).
#include "testing.h"

static volatile int cleaned, tid;
static int fds[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void cleanup(void*) { add(&cleaned, 1); }
static void unlock(void*) { pthread_mutex_unlock(&mutex); }

static void* blocked(void* argument) {
    store(&tid, own_tid());
    pthread_cleanup_push(cleanup, NULL);
    char byte;
    switch ((size_t)argument) {
        case 0: EXPECT_EQ(read(fds[0], &byte, 1), -2); break;
        case 1: nanosleep(&(struct timespec){.tv_sec = 1000}, NULL); break;
        case 2:
            pthread_mutex_lock(&mutex);
            pthread_cleanup_push(unlock, NULL);
            for (;;) pthread_cond_wait(&condition, &mutex);
            pthread_cleanup_pop(1);
            break;
        case 3: pause(); break;
        case 4:
            for (;;) pthread_testcancel();
        case 5:
            pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
            for (;;) __asm__ volatile("");
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void* disabled(void*) {
    EXPECT_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL), 0);
    store(&tid, own_tid());
    char byte;
    EXPECT_EQ(read(fds[0], &byte, 1), 1);  // cancelled meanwhile, but not now
    add(&cleaned, 100);
    EXPECT_EQ(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL), 0);
    pthread_testcancel();
    return NULL;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(fds));
    for (int round = 0; round < 20; round++) {
        for (size_t way = 0; way < 6; way++) {
            store(&tid, 0);
            store(&cleaned, 0);
            pthread_t thread = start_thread(blocked, (void*)way);
            wait_until_at_least(&tid, 1);
            if (way < 4 && round % 2 == 0) wait_asleep(getpid(), tid);
            EXPECT_EQ(pthread_cancel(thread), 0);
            EXPECT(join_thread(thread) == PTHREAD_CANCELED);
            EXPECT_EQ(load(&cleaned), 1);
        }
    }
    store(&tid, 0);
    store(&cleaned, 0);
    pthread_t thread = start_thread(disabled, NULL);
    wait_until_at_least(&tid, 1);
    wait_asleep(getpid(), tid);
    EXPECT_EQ(pthread_cancel(thread), 0);
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    EXPECT(join_thread(thread) == PTHREAD_CANCELED);
    EXPECT_EQ(load(&cleaned), 100);
    return 0;
}
