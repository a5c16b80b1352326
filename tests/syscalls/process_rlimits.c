// SPDX-License-Identifier: Apache-2.0
//
// getrlimit, setrlimit and prlimit: what is set is what is read, in a child and after execve, too; soft above
// hard is EINVAL; RLIMIT_FSIZE raises SIGXFSZ and EFBIG; RLIMIT_CPU SIGXCPU. getrlimit(2).
#include "testing.h"

#include <sys/resource.h>

int main(int argc, char** argv) {
    struct rlimit limit;
    if (argc == 2) {
        EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
        return limit.rlim_cur == 77 && limit.rlim_max == 88 ? 15 : 16;
    }
    watchdog(60);
    char* self = own_path(argv[0]);
    enter_temporary_directory();
    EXPECT_ERRNO(setrlimit(RLIMIT_NOFILE, &(struct rlimit){10, 5}), EINVAL);
    EXPECT_ERRNO(getrlimit((__rlimit_resource_t)99, &limit), EINVAL);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){77, 88}));
        EXPECT_OK(prlimit(0, RLIMIT_NOFILE, NULL, &limit));
        EXPECT(limit.rlim_cur == 77 && limit.rlim_max == 88);
        execl(self, self, "after-exec", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 15);

    child = fork_child();
    if (child == 0) {
        count_signals(SIGXFSZ, 0);
        EXPECT_OK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, 100}));
        int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
        char block[150] = {0};
        EXPECT_EQ(write(fd, block, sizeof block), 100);
        EXPECT_EQ(load(signal_count), 0);
        EXPECT_ERRNO(write(fd, block, 1), EFBIG);
        EXPECT_EQ(load(signal_count), 1);
        EXPECT_ERRNO(ftruncate(fd, 101), EFBIG);
        EXPECT_EQ(load(signal_count), 2);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    child = fork_child();
    if (child == 0) {
        EXPECT_OK(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 3}));
        for (;;) __asm__ volatile("");
    }
    EXPECT_KILLED(child, SIGXCPU);
    return 0;
}
