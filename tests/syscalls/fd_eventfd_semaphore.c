// SPDX-License-Identifier: Apache-2.0
//
// An eventfd as a semaphore: each read takes one, as many readers go on as were posted; a write that would overflow
// waits for room; both ends across fork, and EPOLLOUT says whether one more fits. eventfd(2).
#include "testing.h"

#include <poll.h>
#include <sys/eventfd.h>

enum { kReaders = 6 };
static int semaphore;
static volatile int passed;

static void* take(void*) {
    eventfd_t value = 0;
    EXPECT_OK(eventfd_read(semaphore, &value));
    EXPECT_EQ(value, 1);
    add(&passed, 1);
    return NULL;
}

static short events(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT};
    EXPECT_OK(poll(&entry, 1, 0));
    return entry.revents;
}

int main(void) {
    watchdog(60);
    semaphore = EXPECT_OK(eventfd(0, EFD_SEMAPHORE));
    pthread_t readers[kReaders];
    for (int i = 0; i < kReaders; i++) readers[i] = start_thread(take, NULL);
    EXPECT_OK(eventfd_write(semaphore, 2));
    wait_until_at_least(&passed, 2);
    EXPECT_EQ(events(semaphore), POLLOUT);
    EXPECT_EQ(passed, 2);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(eventfd_write(semaphore, kReaders - 2));
        _exit(0);
    }
    for (int i = 0; i < kReaders; i++) join_thread(readers[i]);
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(passed, kReaders);

    int counter = EXPECT_OK(eventfd(0, EFD_CLOEXEC));
    EXPECT_OK(eventfd_write(counter, UINT64_MAX - 1));
    EXPECT_EQ(events(counter), POLLIN);
    pid_t parent = getpid(), tid = own_tid();
    child = fork_child();
    if (child == 0) {
        wait_asleep(parent, tid);
        eventfd_t value;
        EXPECT_OK(eventfd_read(counter, &value));
        EXPECT_EQ(value, UINT64_MAX - 1);
        _exit(0);
    }
    EXPECT_OK(eventfd_write(counter, 3));  // waits for the child
    EXPECT_EXIT(child, 0);
    eventfd_t value;
    EXPECT_OK(eventfd_read(counter, &value));
    EXPECT_EQ(value, 3);
    EXPECT_ERRNO(eventfd(0, 0x10), EINVAL);
    EXPECT_ERRNO(pread(counter, &value, 8, 0), ESPIPE);
    return 0;
}
