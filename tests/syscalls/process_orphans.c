// SPDX-License-Identifier: Apache-2.0
//
// PR_SET_CHILD_SUBREAPER: an orphaned grandchild becomes the subreaper's child, which can wait for it;
// getppid changes; PR_GET_CHILD_SUBREAPER tells; the setting is not inherited. prctl(2).
#include "testing.h"

#include <sys/prctl.h>

int main(void) {
    watchdog(60);
    int is_reaper = -1, fds[2];
    EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper));
    EXPECT_EQ(is_reaper, 1);
    EXPECT_OK(pipe(fds));
    pid_t reaper = getpid(), child = fork_child();
    if (child == 0) {
        EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper));
        EXPECT_EQ(is_reaper, 0);
        pid_t middle = getpid(), grandchild = fork_child();
        if (grandchild == 0) {
            while (getppid() == middle) sched_yield();
            EXPECT_EQ(getppid(), reaper);
            pid_t self = getpid();
            EXPECT_EQ(write(fds[1], &self, sizeof self), sizeof self);
            _exit(19);
        }
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    pid_t orphan;
    EXPECT_EQ(read(fds[0], &orphan, sizeof orphan), sizeof orphan);
    EXPECT_EXIT(orphan, 19);
    EXPECT_ERRNO(wait(NULL), ECHILD);
    return 0;
}
