// SPDX-License-Identifier: Apache-2.0
//
// A process that is killed holds nothing any more: its locks are free for others, whatever it was writing when it
// died. Many are killed while they write; who is left goes on. fcntl(2), flock(2), kill(2).
#include "testing.h"

#include <sys/file.h>

static pid_t hold(bool by_flock) {
    int ready[2];
    EXPECT_OK(pipe(ready));
    pid_t child = fork_child();
    if (child == 0) {
        int fd = EXPECT_OK(open("file", O_RDWR));
        struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        EXPECT_OK(by_flock ? flock(fd, LOCK_EX) : fcntl(fd, F_SETLK, &all));
        EXPECT_EQ(write(ready[1], "x", 1), 1);
        pause();
    }
    char byte;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    EXPECT_OK(close(ready[0]));
    EXPECT_OK(close(ready[1]));
    return child;
}

static void end(pid_t child) {
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_EQ(waitpid(child, NULL, 0), child);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "file", 0600);
    int fd = EXPECT_OK(open("file", O_RDWR));
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pid_t holder = hold(false);
    EXPECT_ERRNO(fcntl(fd, F_SETLK, &all), EAGAIN);
    EXPECT_OK(kill(holder, SIGKILL));
    EXPECT_OK(fcntl(fd, F_SETLKW, &all));
    EXPECT_EQ(waitpid(holder, NULL, 0), holder);
    holder = hold(true);
    EXPECT_ERRNO(flock(fd, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(kill(holder, SIGKILL));
    EXPECT_OK(flock(fd, LOCK_EX));
    EXPECT_EQ(waitpid(holder, NULL, 0), holder);

    // Writers, killed at any instruction.
    for (int round = 0; round < 60; round++) {
        int progress[2];
        EXPECT_OK(pipe(progress));
        pid_t child = fork_child();
        if (child == 0) {
            for (int i = 0;; i++) {
                char name[32];
                snprintf(name, sizeof name, "file.%d", i % 7);
                int other = EXPECT_OK(open(name, O_RDWR | O_CREAT | O_APPEND, 0600));
                EXPECT_EQ(write(other, "0123456789", 10), 10);
                EXPECT_OK(lseek(other, 0, SEEK_END));
                EXPECT_OK(close(other));
                if (i >= round) EXPECT_EQ(write(progress[1], "x", 1), 1);
            }
        }
        char byte;
        EXPECT_EQ(read(progress[0], &byte, 1), 1);
        end(child);
        EXPECT_OK(close(progress[0]));
        EXPECT_OK(close(progress[1]));
        EXPECT_EQ(pwrite(fd, &(char){(char)round}, 1, round), 1);
    }
    for (int i = 0; i < 7; i++) {
        char name[32];
        snprintf(name, sizeof name, "file.%d", i);
        struct stat status;
        EXPECT_OK(stat(name, &status));
        EXPECT_EQ(status.st_size % 10, 0);
    }
    return 0;
}
