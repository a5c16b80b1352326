// SPDX-License-Identifier: Apache-2.0
//
// Every way to make a descriptor close-on-exec: it is closed by execve, and its sibling without the flag
// stays open, with its offset. open(2), fcntl(2), dup3(2), pipe2(2), socket(2), accept4(2), epoll_create1(2),
// eventfd(2), memfd_create(2) ...
#include "testing.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

// argv: fd numbers; those with a leading '-' must be closed.
static int after_exec(char** argv) {
    for (; *argv != NULL; argv++) {
        bool closed = **argv == '-';
        int fd = atoi(*argv + closed);
        if ((fcntl(fd, F_GETFD) == -1) != closed)
            test_failed(__FILE__, __LINE__, "descriptor %d is %s", fd, closed ? "open" : "closed");
        if (!closed) EXPECT_EQ(fcntl(fd, F_GETFD), 0);
    }
    return 0;
}

static char* arguments[80];
static int count = 0;

static void add_fd(int fd, bool closed) {
    EXPECT(fd >= 0);
    EXPECT(asprintf(&arguments[count++], "%s%d", closed ? "-" : "", fd) > 0);
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc > 1) return after_exec(argv + 1);
    sigset_t none;
    sigemptyset(&none);
    arguments[count++] = argv[0];
    for (int on = 0; on < 2; on++) {
        int plain = EXPECT_OK(open("/dev/null", O_RDWR)), pair[2];
        add_fd(open("/dev/null", O_RDWR | (on ? O_CLOEXEC : 0)), on);
        int fd = dup(plain);
        EXPECT_OK(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0));
        add_fd(fd, on);
        add_fd(dup3(plain, 200 + on, on ? O_CLOEXEC : 0), on);
        add_fd(fcntl(plain, on ? F_DUPFD_CLOEXEC : F_DUPFD, 100), on);
        EXPECT_OK(pipe2(pair, on ? O_CLOEXEC : 0));
        add_fd(pair[0], on), add_fd(pair[1], on);
        EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM | (on ? SOCK_CLOEXEC : 0), 0, pair));
        add_fd(pair[0], on), add_fd(pair[1], on);
        int listener = socket(AF_INET, SOCK_STREAM | (on ? SOCK_CLOEXEC : 0), 0),
            client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
        add_fd(listener, on);
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        EXPECT_OK(bind(listener, (struct sockaddr*)&address, size));
        EXPECT_OK(listen(listener, 1));
        EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));
        EXPECT_OK(connect(client, (struct sockaddr*)&address, size));
        add_fd(accept4(listener, NULL, NULL, on ? SOCK_CLOEXEC : 0), on);
        add_fd(epoll_create1(on ? EPOLL_CLOEXEC : 0), on);
        add_fd(eventfd(0, on ? EFD_CLOEXEC : 0), on);
        add_fd(timerfd_create(CLOCK_MONOTONIC, on ? TFD_CLOEXEC : 0), on);
        add_fd(signalfd(-1, &none, on ? SFD_CLOEXEC : 0), on);
        add_fd(inotify_init1(on ? IN_CLOEXEC : 0), on);
        add_fd((int)syscall(SYS_memfd_create, "test", on ? 1 : 0), on);
        fd = dup(plain);
        add_fd(fd, on);
        if (on) EXPECT_OK(syscall(SYS_close_range, fd, fd, 4 /* CLOSE_RANGE_CLOEXEC */));
        add_fd(dup2(listener, 210 + on), false);  // dup2 clears the flag
    }
    execv(argv[0], arguments);
    EXPECT(false);
}
