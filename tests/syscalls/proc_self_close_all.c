// SPDX-License-Identifier: Apache-2.0
//
// A program may close every descriptor it can name, by a loop up to the limit, by close_range, or by walking
// /proc/self/fd, and then go on: open, fork, threads, signals, execve; high numbers that it never opened are
// EBADF. close_range(2).
#include "testing.h"

#include <sys/resource.h>

static void* body(void*) { return (void*)1; }

static void use_everything(const char* self) {
    EXPECT_EQ(open("/dev/null", O_RDWR), 3);
    int fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT(fds[0] == 4 && fds[1] == 5);
    EXPECT(join_thread(start_thread(body, NULL)) != NULL);
    count_signals(SIGUSR1, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(load(signal_count), 1);
    EXPECT_ERRNO(open("/nonexistent/file", O_RDONLY), ENOENT);
    pid_t child = fork_child();
    if (child == 0) {
        execl(self, self, "after-exec", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 55);
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return 55;
    char* self = own_path(argv[0]);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    for (int way = 0; way < 4; way++) {
        pid_t child = fork_child();
        if (child == 0) {
            if (way == 0)
                for (rlim_t fd = 3; fd < limit.rlim_max && fd < 1 << 20; fd++) close((int)fd);
            if (way == 1) EXPECT_OK(syscall(SYS_close_range, 3, ~0U, 0));
            if (way == 2) {
                DIR* directory = opendir("/proc/self/fd");
                EXPECT(directory != NULL);
                for (struct dirent* entry; (entry = readdir(directory)) != NULL;)
                    if (atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(directory)) close(atoi(entry->d_name));
                closedir(directory);
            }
            if (way == 3) {
                EXPECT_OK(syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */));
                EXPECT_OK(syscall(SYS_close_range, 3, ~0U, 2 /* CLOSE_RANGE_UNSHARE */));
            }
            for (int fd = 3; fd < 70000; fd++) EXPECT_ERRNO(fcntl(fd, F_GETFD), EBADF);
            use_everything(self);
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
    }
    return 0;
}
