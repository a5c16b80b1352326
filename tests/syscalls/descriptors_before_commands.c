// SPDX-License-Identifier: Apache-2.0
//
// A descriptor is looked at before the command, the option or the control data that come with it: ioctl(2), fcntl(2), setsockopt(2),
// sendmsg(2).
#include "testing.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { kUnknown = 0x12345678, kNone = 999 };

static void expect(int fd, int is_descriptor, int is_socket) {
    int value = 0;
    socklen_t size = sizeof value;
    const int of_descriptor = is_descriptor ? ENOTTY : EBADF;
    const int of_socket = is_socket ? ENOPROTOOPT : is_descriptor ? ENOTSOCK : EBADF;
    EXPECT_ERRNO(ioctl(fd, kUnknown, &value), of_descriptor);
    EXPECT_ERRNO(syscall(SYS_fcntl, fd, 4711, 0), is_descriptor ? EINVAL : EBADF);
    EXPECT_ERRNO(setsockopt(fd, SOL_SOCKET, 4711, &value, sizeof value), of_socket);
    EXPECT_ERRNO(getsockopt(fd, SOL_SOCKET, 4711, &value, &size), of_socket);
}

int main(void) {
    watchdog(60);
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    const int file = EXPECT_OK(open("/dev/null", O_RDWR));
    const int path = EXPECT_OK(open("/dev/null", O_PATH));
    expect(ends[0], 1, 1);
    expect(file, 1, 0);
    expect(path, 0, 0);
    expect(kNone, 0, 0);
    expect(-1, 0, 0);

    // More control data than any kernel takes.
    const size_t much = 2 << 20;
    void* data = mmap(NULL, much, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(data != MAP_FAILED);
    struct msghdr message = {.msg_control = data, .msg_controllen = much};
    EXPECT_ERRNO(sendmsg(ends[0], &message, 0), ENOBUFS);
    EXPECT_ERRNO(sendmsg(file, &message, 0), ENOTSOCK);
    EXPECT_ERRNO(sendmsg(kNone, &message, 0), EBADF);
    return 0;
}
