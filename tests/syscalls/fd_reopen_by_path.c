// SPDX-License-Identifier: Apache-2.0
//
// Opening /proc/self/fd/N and /dev/fd/N makes a new open file of the same file: a position and mode of its own, also
// when the name is gone, and of pipes, memory files and O_TMPFILE; sockets are ENXIO; permissions are asked anew;
// linkat gives a file without a name one. proc(5).
#include "testing.h"

#include <sys/socket.h>

static int reopen(const char* directory, int fd, int flags) {
    char path[64];
    snprintf(path, sizeof path, "%s/%d", directory, fd);
    return open(path, flags);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char text[64] = "";
    static const char* const kWays[] = {"/proc/self/fd", "/dev/fd", "/proc/thread-self/fd"};
    for (int i = 0; i < 3; i++) {
        write_file("file", "0123456789", 0600);
        int fd = EXPECT_OK(open("file", O_RDONLY));
        EXPECT_EQ(lseek(fd, 4, SEEK_SET), 4);
        int again = EXPECT_OK(reopen(kWays[i], fd, O_RDWR));
        EXPECT_EQ(lseek(again, 0, SEEK_CUR), 0);
        EXPECT_EQ(read(again, text, 3), 3);
        EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 4);
        EXPECT_OK(unlink("file"));
        int gone = EXPECT_OK(reopen(kWays[i], fd, O_WRONLY | O_TRUNC));
        EXPECT_EQ(write(gone, "new", 3), 3);
        EXPECT_EQ(pread(fd, text, sizeof text, 0), 3);
        EXPECT_ERRNO(reopen(kWays[i], fd, O_RDONLY | O_NOFOLLOW), ELOOP);
        EXPECT_ERRNO(reopen(kWays[i], fd, O_RDONLY | O_DIRECTORY), ENOTDIR);
        EXPECT_OK(close(fd));
        EXPECT_ERRNO(reopen(kWays[i], fd, O_RDONLY), ENOENT);
        EXPECT_OK(close(again));
        EXPECT_OK(close(gone));
    }
    int fds[2], pair[2];
    EXPECT_OK(pipe(fds));
    int other_end = EXPECT_OK(reopen("/dev/fd", fds[0], O_WRONLY | O_NONBLOCK));
    EXPECT_EQ(write(other_end, "through", 7), 7);
    EXPECT_EQ(read(fds[0], text, sizeof text), 7);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    EXPECT_ERRNO(reopen("/proc/self/fd", pair[0], O_RDWR), ENXIO);

    int memory = EXPECT_OK(memfd_create("memory", MFD_CLOEXEC));
    EXPECT_EQ(write(memory, "abc", 3), 3);
    int same = EXPECT_OK(reopen("/proc/self/fd", memory, O_RDONLY));
    EXPECT_EQ(read(same, text, sizeof text), 3);
    EXPECT_ERRNO(write(same, "x", 1), EBADF);

    int unnamed = open(".", O_TMPFILE | O_RDWR, 0600);
    if (unnamed == -1 && (errno == EOPNOTSUPP || errno == EISDIR)) return 0;  // a file system without
    EXPECT_OK(unnamed);
    EXPECT_EQ(write(unnamed, "kept", 4), 4);
    snprintf(text, sizeof text, "/proc/self/fd/%d", unnamed);
    EXPECT_OK(linkat(AT_FDCWD, text, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    EXPECT_EQ(read_file("named", text, sizeof text), 4);
    return 0;
}
