// SPDX-License-Identifier: Apache-2.0
//
// Duplicates share position and status flags and not FD_CLOEXEC; dup3 wants two numbers and known flags; F_DUPFD takes
// the lowest from its minimum on; F_SETFL changes what may be changed; a second open shares nothing; numbers at the
// limit are EBADF, EINVAL and EMFILE. dup(2), fcntl(2).
#include "testing.h"

#include <sys/resource.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int fd = EXPECT_OK(open("file", O_RDWR | O_CLOEXEC)), other = EXPECT_OK(open("file", O_RDWR));
    int copy = EXPECT_OK(dup(fd)), closing = EXPECT_OK(fcntl(fd, F_DUPFD_CLOEXEC, 100));
    EXPECT_EQ(closing, 100);
    EXPECT_EQ(fcntl(fd, F_DUPFD, 100), 101);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(copy, F_GETFD), 0);
    EXPECT_EQ(fcntl(closing, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(dup3(fd, 102, O_CLOEXEC), 102);
    EXPECT_EQ(fcntl(102, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(dup2(102, 102), 102);
    EXPECT_EQ(fcntl(102, F_GETFD), FD_CLOEXEC);  // untouched
    EXPECT_ERRNO(dup3(fd, fd, O_CLOEXEC), EINVAL);
    EXPECT_ERRNO(dup3(fd, 103, O_NONBLOCK), EINVAL);
    EXPECT_ERRNO(dup2(200, 103), EBADF);
    EXPECT_ERRNO(dup2(fd, -1), EBADF);

    EXPECT_EQ(lseek(copy, 3, SEEK_SET), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
    EXPECT_EQ(lseek(other, 0, SEEK_CUR), 0);
    EXPECT_OK(fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK | O_RDONLY | O_CREAT | O_TRUNC));
    EXPECT_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND | O_NONBLOCK);
    EXPECT_EQ(fcntl(other, F_GETFL) & (O_APPEND | O_NONBLOCK), 0);
    EXPECT_EQ(write(fd, "A", 1), 1);
    EXPECT_EQ(lseek(copy, 0, SEEK_CUR), 11);
    EXPECT_OK(fcntl(fd, F_SETFL, 0));
    EXPECT_EQ(fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK), 0);

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(lseek(fd, 7, SEEK_SET), 7);
        EXPECT_OK(fcntl(fd, F_SETFD, 0));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(lseek(copy, 0, SEEK_CUR), 7);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);  // the child's table was a copy

    struct rlimit limit = {.rlim_cur = 110, .rlim_max = 0};
    struct rlimit before;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &before));
    limit.rlim_max = before.rlim_max;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_ERRNO(dup2(fd, 110), EBADF);
    EXPECT_ERRNO(fcntl(fd, F_DUPFD, 110), EINVAL);
    EXPECT_EQ(fcntl(fd, F_DUPFD, 109), 109);
    EXPECT_ERRNO(fcntl(fd, F_DUPFD, 109), EMFILE);
    while (dup(fd) != -1) continue;
    EXPECT_EQ(errno, EMFILE);
    EXPECT_ERRNO(open("file", O_RDONLY), EMFILE);
    int fds[2];
    EXPECT_ERRNO(pipe(fds), EMFILE);
    EXPECT_EQ(dup2(fd, 104), 104);  // one that is open may be replaced
    return 0;
}
