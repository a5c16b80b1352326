// SPDX-License-Identifier: Apache-2.0
//
// EPIOCSPARAMS and EPIOCGPARAMS: how an epoll instance polls network cards is kept with it, and what is out of range is
// refused. Linux 6.9, ioctl_eventpoll(2).
#include "testing.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

struct busy_poll {
    uint32_t microseconds;
    uint16_t budget;
    uint8_t prefer;
    uint8_t padding;
};

static const unsigned long kSet = _IOW(0x8a, 1, struct busy_poll), kGet = _IOR(0x8a, 2, struct busy_poll);

int main(void) {
    const int instance = EXPECT_OK(epoll_create1(EPOLL_CLOEXEC));
    // By version: an error of the command itself is what must not happen.
    struct utsname kernel;
    EXPECT_OK(uname(&kernel));
    int major = 0, minor = 0;
    EXPECT_EQ(sscanf(kernel.release, "%d.%d", &major, &minor), 2);
    if (major < 6 || (major == 6 && minor < 9)) SKIP("Linux %d.%d: no parameters of epoll instances", major, minor);

    const struct busy_poll set = {.microseconds = 70, .budget = 8, .prefer = 1};
    struct busy_poll got = {0};
    EXPECT_OK(ioctl(instance, kSet, &set));
    EXPECT_OK(ioctl(instance, kGet, &got));
    EXPECT(memcmp(&got, &set, sizeof set) == 0);

    struct busy_poll wrong = set;
    wrong.padding = 1;
    EXPECT_ERRNO(ioctl(instance, kSet, &wrong), EINVAL);
    wrong = set;
    wrong.prefer = 2;
    EXPECT_ERRNO(ioctl(instance, kSet, &wrong), EINVAL);
    EXPECT_ERRNO(ioctl(instance, kSet, NULL), EFAULT);
    EXPECT_ERRNO(ioctl(instance, kGet, NULL), EFAULT);

    // Another instance has its own, and a file that is none does not know the command.
    const int other = EXPECT_OK(epoll_create1(EPOLL_CLOEXEC));
    EXPECT_OK(ioctl(other, kGet, &got));
    EXPECT_EQ(got.microseconds, 0);
    int fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT_ERRNO(ioctl(fds[0], kGet, &got), ENOTTY);
    return 0;
}
