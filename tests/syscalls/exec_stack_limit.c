// SPDX-License-Identifier: Apache-2.0
//
// RLIMIT_STACK set before execve decides how far the main thread's stack may grow: 1 MiB overflows after
// about that, 64 MiB allows 50. getrlimit(2).
#include "testing.h"

#include <sys/resource.h>

__attribute__((noinline)) static int use_stack(size_t bytes) {
    volatile char frame[4000];
    frame[0] = 1;
    if (bytes <= sizeof frame) return frame[0];
    return use_stack(bytes - sizeof frame) + frame[0];
}

static pid_t run(const char* self, rlim_t limit, const char* megabytes) {
    pid_t child = fork_child();
    if (child == 0) {
        struct rlimit new_limit = {limit, limit};
        EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
        EXPECT_OK(setrlimit(RLIMIT_STACK, &new_limit));
        execl(self, self, megabytes, NULL);
        _exit(99);
    }
    return child;
}

int main(int argc, char** argv) {
    if (argc == 2) return use_stack((size_t)(atof(argv[1]) * (1 << 20))) > 0 ? 41 : 42;
    watchdog(60);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_STACK, &limit));
    EXPECT_EXIT(run(argv[0], 1 << 20, "0.5"), 41);
    EXPECT_KILLED(run(argv[0], 1 << 20, "2"), SIGSEGV);
    if (limit.rlim_max >= 64UL << 20) {
        EXPECT_EXIT(run(argv[0], 64UL << 20, "50"), 41);
        EXPECT_KILLED(run(argv[0], 64UL << 20, "80"), SIGSEGV);
    }
    return 0;
}
