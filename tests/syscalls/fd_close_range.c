// SPDX-License-Identifier: Apache-2.0
//
// close_range closes exactly its range, or marks it close-on-exec, or unshares the table first; an empty or
// reversed range and unknown flags. close_range(2).
#include "testing.h"

#define CLOEXEC_FLAG 4
#define UNSHARE_FLAG 2

static int open_at(int fd) { return fcntl(fd, F_GETFD); }

static void* unshare_and_close(void*) {
    // A runtime that knows of one table a process refuses, and closes nothing.
    if (syscall(SYS_close_range, 50, 60, UNSHARE_FLAG) == 0) {
        EXPECT_EQ(open_at(55), -1);
    } else {
        EXPECT_EQ(errno, EINVAL);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    int fd = EXPECT_OK(open("/dev/null", O_RDWR));
    for (int i = 50; i <= 60; i++) EXPECT_EQ(dup2(fd, i), i);
    if (syscall(SYS_close_range, 52, 54, 0) == -1 && errno == ENOSYS) SKIP("no close_range");
    for (int i = 50; i <= 60; i++) EXPECT_EQ(open_at(i), i >= 52 && i <= 54 ? -1 : 0);
    EXPECT_OK(syscall(SYS_close_range, 58, 1000, CLOEXEC_FLAG));
    for (int i = 55; i <= 60; i++) EXPECT_EQ(open_at(i), i >= 58 ? FD_CLOEXEC : 0);
    EXPECT_OK(syscall(SYS_close_range, 1000, 2000, 0));
    join_thread(start_thread(unshare_and_close, NULL));
    EXPECT_EQ(open_at(55), 0);
    EXPECT_ERRNO(syscall(SYS_close_range, 60, 50, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_close_range, 50, 60, 64), EINVAL);
    EXPECT_OK(syscall(SYS_close_range, 50, 51, UNSHARE_FLAG));  // alone it is as without
    EXPECT_EQ(open_at(51), -1);
    EXPECT_OK(syscall(SYS_close_range, 50, ~0U, 0));
    for (int i = 50; i <= 60; i++) EXPECT_EQ(open_at(i), -1);
    EXPECT_EQ(open_at(fd), 0);
    return 0;
}
