// SPDX-License-Identifier: Apache-2.0
//
// execve needs no free descriptor, and leaves the limit as it is. execve(2), getrlimit(2).
#include "testing.h"

#include <spawn.h>
#include <sys/resource.h>

enum { kLimit = 64 };
extern char** environ;

int main(int argc, char** argv) {
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    if (argc > 1) {
        EXPECT_EQ(limit.rlim_cur, kLimit);
        return 0;
    }
    watchdog(60);
    char* path = own_path(argv[0]);
    limit.rlim_cur = kLimit;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
    EXPECT_EQ(errno, EMFILE);
    char* arguments[] = {path, (char*)"child", NULL};
    pid_t child;
    EXPECT_EQ(posix_spawn(&child, path, NULL, NULL, arguments, environ), 0);
    EXPECT_EXIT(child, 0);
    EXPECT_OK(execv(path, arguments));
}
