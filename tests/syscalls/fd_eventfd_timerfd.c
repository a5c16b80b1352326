// SPDX-License-Identifier: Apache-2.0
//
// eventfd adds up, resets on read, counts down as a semaphore, blocks at its maximum; timerfd expires once,
// repeatedly and absolutely, counts expirations, can be disarmed; both with poll and O_NONBLOCK. eventfd(2),
// timerfd_create(2).
#include "testing.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static int events(int fd, int timeout) {
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT};
    EXPECT_OK(poll(&entry, 1, timeout));
    return entry.revents;
}

static void* add_five(void* argument) {
    EXPECT_OK(eventfd_write(*(int*)argument, 5));
    return NULL;
}

int main(void) {
    watchdog(60);
    int fd = EXPECT_OK(eventfd(3, EFD_NONBLOCK));
    uint64_t value = 0;
    EXPECT_EQ(events(fd, 0), POLLIN | POLLOUT);
    EXPECT_OK(eventfd_write(fd, 4));
    EXPECT_EQ(read(fd, &value, 8), 8);
    EXPECT_EQ(value, 7);
    EXPECT_ERRNO(read(fd, &value, 8), EAGAIN);
    EXPECT_ERRNO(read(fd, &value, 7), EINVAL);
    value = UINT64_MAX;
    EXPECT_ERRNO(write(fd, &value, 8), EINVAL);
    EXPECT_OK(eventfd_write(fd, UINT64_MAX - 1));
    EXPECT_EQ(events(fd, 0), POLLIN);
    EXPECT_ERRNO(eventfd_write(fd, 1), EAGAIN);

    int semaphore = EXPECT_OK(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
    EXPECT_OK(eventfd_read(semaphore, &value));
    EXPECT_EQ(value, 1);
    EXPECT_OK(eventfd_read(semaphore, &value));
    EXPECT_ERRNO(eventfd_read(semaphore, &value), EAGAIN);
    int blocking = EXPECT_OK(eventfd(0, 0));
    pthread_t thread = start_thread(add_five, &blocking);
    EXPECT_OK(eventfd_read(blocking, &value));
    EXPECT_EQ(value, 5);
    join_thread(thread);

    int timer = EXPECT_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    struct itimerspec when = {.it_value.tv_nsec = 1000000}, left;
    EXPECT_ERRNO(read(timer, &value, 8), EAGAIN);
    EXPECT_OK(timerfd_settime(timer, 0, &when, NULL));
    struct pollfd entry = {.fd = timer, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(read(timer, &value, 8), 8);
    EXPECT_EQ(value, 1);
    when.it_interval.tv_nsec = 1000000;
    EXPECT_OK(timerfd_settime(timer, 0, &when, NULL));
    for (uint64_t total = 0; total < 5; total += value) {
        EXPECT_EQ(poll(&entry, 1, -1), 1);
        EXPECT_EQ(read(timer, &value, 8), 8);
        EXPECT(value >= 1);
    }
    EXPECT_OK(timerfd_gettime(timer, &left));
    EXPECT(left.it_interval.tv_nsec == 1000000 && left.it_value.tv_nsec <= 1000000);
    EXPECT_OK(timerfd_settime(timer, 0, &(struct itimerspec){0}, &left));
    EXPECT_ERRNO(read(timer, &value, 8), EAGAIN);
    when = (struct itimerspec){.it_value.tv_sec = 1};  // long past
    EXPECT_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL));
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_ERRNO(timerfd_settime(fd, 0, &when, NULL), EINVAL);
    EXPECT_ERRNO(timerfd_create(99, 0), EINVAL);
    return 0;
}
