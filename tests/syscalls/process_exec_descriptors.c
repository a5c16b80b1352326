// SPDX-License-Identifier: Apache-2.0
//
// execve with several hundred open descriptors of every kind: those without close-on-exec arrive, at their numbers,
// with position, flags, locks of flock and queued bytes; the others do not. execve(2), open(2).
#include "testing.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { kFirst = 20, kLast = 600 };

static int check(void) {
    for (int fd = kFirst; fd < kLast; fd++) {
        if (fd % 3 == 0) {
            EXPECT_ERRNO(fcntl(fd, F_GETFD), EBADF);
        } else {
            EXPECT_EQ(fcntl(fd, F_GETFD), 0);
            EXPECT_EQ(lseek(fd, 0, SEEK_CUR), fd);
        }
    }
    char text[16];
    eventfd_t value;
    EXPECT_EQ(read(10, text, sizeof text), 5);
    EXPECT_OK(eventfd_read(11, &value));
    EXPECT_EQ(value, 42);
    struct epoll_event event;
    EXPECT_EQ(epoll_wait(12, &event, 1, 0), 1);
    EXPECT_EQ(event.data.u64, 99);
    struct itimerspec left;
    EXPECT_OK(timerfd_gettime(13, &left));
    EXPECT(left.it_value.tv_sec > 3000);
    EXPECT_EQ(recv(14, text, sizeof text, MSG_DONTWAIT), 3);
    EXPECT((fcntl(14, F_GETFL) & O_NONBLOCK) != 0);
    int other = EXPECT_OK(open("file", O_RDWR));
    EXPECT_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(close(15));
    EXPECT_OK(flock(other, LOCK_EX | LOCK_NB));
    return 0;
}

static void move_to(int fd, int to) {
    EXPECT_EQ(dup2(fd, to), to);
    EXPECT_OK(close(fd));
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc > 1) return check();
    EXPECT_OK(syscall(SYS_close_range, 3, ~0u, 0));  // what was inherited has numbers that are used here
    const char* path = own_path(argv[0]);
    enter_temporary_directory();
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_cur <= kLast) SKIP("RLIMIT_NOFILE is %ld", (long)limit.rlim_cur);
    write_file("file", "content", 0600);
    for (int fd = kFirst; fd < kLast; fd++) {
        move_to(EXPECT_OK(open("file", O_RDONLY)), fd);
        EXPECT_EQ(lseek(fd, fd, SEEK_SET), fd);
        if (fd % 3 == 0) EXPECT_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
    }
    int fds[2], pair[2];
    EXPECT_OK(pipe(fds));
    EXPECT_EQ(write(fds[1], "bytes", 5), 5);
    move_to(fds[0], 10);
    move_to(EXPECT_OK(eventfd(42, 0)), 11);
    move_to(EXPECT_OK(epoll_create1(0)), 12);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 99};
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    EXPECT_EQ(write(pair[1], "abc", 3), 3);
    EXPECT_OK(epoll_ctl(12, EPOLL_CTL_ADD, pair[0], &event));
    move_to(EXPECT_OK(timerfd_create(CLOCK_MONOTONIC, 0)), 13);
    EXPECT_OK(timerfd_settime(13, 0, &(struct itimerspec){.it_value.tv_sec = 3600}, NULL));
    move_to(pair[0], 14);
    move_to(EXPECT_OK(open("file", O_RDWR)), 15);
    EXPECT_OK(flock(15, LOCK_EX));
    EXPECT_OK(pipe2(fds, O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        char byte;
        if (close(fds[1]) != 0 || read(fds[0], &byte, 1) != 0) _exit(8);  // until the lock is the child's alone
        execl(path, path, "check", NULL);
        _exit(9);
    }
    EXPECT_OK(close(15));
    EXPECT_OK(close(fds[1]));
    EXPECT_EXIT(child, 0);
    return 0;
}
