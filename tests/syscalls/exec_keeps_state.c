// SPDX-License-Identifier: Apache-2.0
//
// execve keeps pid, parent, directory, umask, descriptors with their offsets and status flags, record locks,
// process group, nice value and children. execve(2).
#include "testing.h"

#include <sys/resource.h>

static int after_exec(char** argv) {
    EXPECT_EQ(getpid(), atoi(argv[1]));
    EXPECT_EQ(getppid(), atoi(argv[2]));
    int fd = atoi(argv[3]);
    char text[16], directory[PATH_MAX];
    EXPECT_EQ(read(fd, text, sizeof text), 3);
    EXPECT(memcmp(text, "789", 3) == 0);
    EXPECT_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
    EXPECT(getcwd(directory, sizeof directory) != NULL);
    EXPECT_STREQ(directory, argv[4]);
    EXPECT_EQ(umask(0), 0137);
    EXPECT_EQ(getpgrp(), getpid());
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), atoi(argv[5]));
    pid_t locker = fork_child();
    if (locker == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        EXPECT_OK(fcntl(fd, F_GETLK, &lock));
        EXPECT(lock.l_type == F_WRLCK && lock.l_pid == getppid());
        _exit(0);
    }
    EXPECT_EXIT(locker, 0);
    int status;
    EXPECT_EQ(wait(&status), atoi(argv[6]));  // the child from before execve
    EXPECT_EQ(WEXITSTATUS(status), 44);
    return 45;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 7) return after_exec(argv);
    char *self = own_path(argv[0]), pid[16], parent[16], number[16], nice_value[16], sibling[16];
    const char* directory = enter_temporary_directory();
    char* real_directory = own_path(directory);
    write_file("file", "0123456789", 0600);
    pid_t child = fork_child();
    if (child == 0) {
        int fd = EXPECT_OK(open("file", O_RDWR | O_APPEND));
        EXPECT_EQ(lseek(fd, 7, SEEK_SET), 7);
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        EXPECT_OK(fcntl(fd, F_SETLK, &lock));
        umask(0137);
        EXPECT_OK(setpgid(0, 0));
        errno = 0;
        int new_nice = nice(3);
        EXPECT_EQ(errno, 0);
        pid_t grandchild = fork_child();
        if (grandchild == 0) _exit(44);
        snprintf(pid, sizeof pid, "%d", getpid());
        snprintf(parent, sizeof parent, "%d", getppid());
        snprintf(number, sizeof number, "%d", fd);
        snprintf(nice_value, sizeof nice_value, "%d", new_nice);
        snprintf(sibling, sizeof sibling, "%d", grandchild);
        execl(self, self, pid, parent, number, real_directory, nice_value, sibling, NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 45);
    return 0;
}
