// SPDX-License-Identifier: Apache-2.0
//
// RLIMIT_FSIZE stops writes to files, not exec and not the reading of /proc. getrlimit(2), execve(2).
#include "testing.h"

#include <sys/resource.h>

int main(int argc, char** argv) {
    char text[4096];
    if (argc > 1) {
        struct rlimit limit;
        EXPECT_OK(getrlimit(RLIMIT_FSIZE, &limit));
        EXPECT_EQ(limit.rlim_cur, 0);
        EXPECT(read_file("/proc/self/cmdline", text, sizeof text) > 0);
        return 0;
    }
    watchdog(60);
    struct rlimit none;
    EXPECT_OK(getrlimit(RLIMIT_FSIZE, &none));
    none.rlim_cur = 0;
    EXPECT_OK(setrlimit(RLIMIT_FSIZE, &none));
    EXPECT(read_file("/proc/self/stat", text, sizeof text) > 0);
    EXPECT_OK(execl(own_path(argv[0]), argv[0], "again", NULL));
}
