// SPDX-License-Identifier: Apache-2.0
//
// A hundred children alive at once, each with its own exit code; wait collects each exactly once, then
// ECHILD; a process group wait and a wait for pid 0 and -PGID choose among them. wait(2).
#include "testing.h"

enum { kChildren = 100 };

int main(void) {
    watchdog(60);
    int fds[2];
    pid_t pids[kChildren];
    EXPECT_OK(pipe(fds));
    for (int i = 0; i < kChildren; i++) {
        pids[i] = fork_child();
        if (pids[i] == 0) {
            char byte;
            EXPECT_OK(close(fds[1]));
            EXPECT_EQ(read(fds[0], &byte, 1), 0);
            _exit(i);
        }
    }
    EXPECT_EQ(waitpid(-1, NULL, WNOHANG), 0);
    EXPECT_OK(setpgid(pids[kChildren - 1], pids[kChildren - 1]));
    EXPECT_OK(close(fds[1]));
    EXPECT_EQ(waitpid(-pids[kChildren - 1], NULL, 0), pids[kChildren - 1]);
    EXPECT_ERRNO(waitpid(-pids[kChildren - 1], NULL, 0), ECHILD);
    bool seen[kChildren] = {0};
    for (int i = 0; i < kChildren - 1; i++) {
        int status, index = 0;
        pid_t pid = EXPECT_OK(i % 2 ? wait(&status) : waitpid(0, &status, 0));
        while (index < kChildren && pids[index] != pid) index++;
        EXPECT(index < kChildren && !seen[index]);
        seen[index] = true;
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == index);
    }
    EXPECT_ERRNO(wait(NULL), ECHILD);
    EXPECT_ERRNO(waitpid(pids[0], NULL, WNOHANG), ECHILD);
    EXPECT_ERRNO(waitpid(-1, NULL, 0x4000), EINVAL);
    return 0;
}
