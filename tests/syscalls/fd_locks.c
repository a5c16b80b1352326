// SPDX-License-Identifier: Apache-2.0
//
// Record locks belong to a process and vanish with any close; OFD locks belong to the open file, as do
// flock's, shared by dup and fork; ranges split and merge; F_GETLK names the holder; a deadlock is EDEADLK.
// fcntl(2), flock(2).
#include "testing.h"

#include <sys/file.h>

static int set(int fd, int command, short type, off_t start, off_t length) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &lock);
}

// In a child: what a lock of these bytes would meet: its own type, or the type that is in the way.
static int tested_by_child(off_t start, off_t length) {
    pid_t parent = getpid(), child = fork_child();
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
        int fd = EXPECT_OK(open("file", O_RDWR));
        EXPECT_OK(fcntl(fd, F_GETLK, &lock));
        if (lock.l_type != F_UNLCK) EXPECT(lock.l_pid == parent || lock.l_pid == -1);
        _exit(lock.l_type);
    }
    int status = wait_child(child);
    EXPECT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int fd = EXPECT_OK(open("file", O_RDWR)), other = EXPECT_OK(open("file", O_RDWR));
    EXPECT_OK(set(fd, F_SETLK, F_WRLCK, 0, 100));
    EXPECT_OK(set(fd, F_SETLK, F_UNLCK, 40, 20));
    EXPECT_OK(set(fd, F_SETLK, F_RDLCK, 80, 20));
    EXPECT_EQ(tested_by_child(0, 10), F_WRLCK);
    EXPECT_EQ(tested_by_child(40, 20), F_UNLCK);
    EXPECT_EQ(tested_by_child(80, 1), F_RDLCK);
    EXPECT_OK(set(other, F_SETLK, F_WRLCK, 0, 100));  // the same process: no conflict
    EXPECT_OK(close(EXPECT_OK(open("file", O_RDONLY))));
    EXPECT_EQ(tested_by_child(0, 100), F_UNLCK);  // gone with that close

    EXPECT_OK(set(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
    EXPECT_ERRNO(set(other, F_OFD_SETLK, F_RDLCK, 5, 1), EAGAIN);
    EXPECT_ERRNO(set(other, F_SETLK, F_RDLCK, 5, 1), EAGAIN);
    int duplicate = EXPECT_OK(dup(fd));
    EXPECT_OK(set(duplicate, F_OFD_SETLK, F_WRLCK, 0, 10));
    EXPECT_OK(close(fd));
    EXPECT_ERRNO(set(other, F_OFD_SETLK, F_RDLCK, 5, 1), EAGAIN);
    EXPECT_OK(close(duplicate));
    EXPECT_OK(set(other, F_OFD_SETLK, F_RDLCK, 5, 1));

    fd = EXPECT_OK(open("file", O_RDWR));
    EXPECT_OK(flock(fd, LOCK_SH));
    EXPECT_OK(flock(other, LOCK_SH | LOCK_NB));
    EXPECT_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(flock(fd, LOCK_UN));
    EXPECT_OK(flock(other, LOCK_EX | LOCK_NB));

    // Each of two processes holds one byte and wants the other's.
    EXPECT_OK(set(other, F_OFD_SETLK, F_UNLCK, 0, 0));
    int ready[2];
    char byte;
    EXPECT_OK(pipe(ready));
    EXPECT_OK(set(fd, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(set(fd, F_SETLK, F_WRLCK, 1, 1));
        EXPECT_EQ(write(ready[1], "x", 1), 1);
        int result = set(fd, F_SETLKW, F_WRLCK, 0, 1);
        _exit(result == 0 ? 0 : errno == EDEADLK ? 1 : 2);
    }
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    int result = set(fd, F_SETLKW, F_WRLCK, 1, 1), error = errno;
    if (result == -1) EXPECT_OK(set(fd, F_SETLK, F_UNLCK, 0, 1));
    int status = wait_child(child);
    EXPECT((result == -1 && error == EDEADLK && status == 0) || (result == 0 && WEXITSTATUS(status) == 1));
    return 0;
}
