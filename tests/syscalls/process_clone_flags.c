// SPDX-License-Identifier: Apache-2.0
//
// clone without CLONE_THREAD: CLONE_VM shares memory, CLONE_FILES descriptors, CLONE_FS the directory, a
// child without CLONE_VM has copies; an exit signal other than SIGCHLD needs __WCLONE or __WALL to be waited
// for. clone(2).
#include "testing.h"

static char stack[65536] __attribute__((aligned(16)));
static volatile int word;
static volatile int usr1_runs;

static void handler(int) { usr1_runs++; }

static int child(void*) {
    word = 1;
    close(0);
    return chdir("/") == 0 ? 11 : 12;
}

int main(void) {
    watchdog(60);
    handle_with(SIGUSR1, handler, 0);
    enter_temporary_directory();
    char before[PATH_MAX], after[PATH_MAX];
    EXPECT(getcwd(before, sizeof before) != NULL);

    pid_t pid = EXPECT_OK(clone(child, stack + sizeof stack, SIGCHLD, NULL));
    EXPECT_EXIT(pid, 11);
    EXPECT_EQ(word, 0);
    EXPECT_OK(fcntl(0, F_GETFD));

    pid = EXPECT_OK(clone(child, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL));
    EXPECT_EXIT(pid, 11);
    EXPECT_EQ(word, 1);
    EXPECT_OK(fcntl(0, F_GETFD));
    EXPECT(getcwd(after, sizeof after) != NULL);
    EXPECT_STREQ(after, before);

    // A runtime that cannot have two processes with one table of descriptors refuses; it never copies the table silently.
    pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGUSR1, NULL);
    bool shares_descriptors = pid != -1;
    if (!shares_descriptors) {
        EXPECT_EQ(errno, EINVAL);
        pid = EXPECT_OK(clone(child, stack + sizeof stack, CLONE_VM | CLONE_FS | SIGUSR1, NULL));
    }
    EXPECT_ERRNO(waitpid(pid, NULL, 0), ECHILD);
    int status;
    EXPECT_EQ(waitpid(pid, &status, __WALL), pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 11);
    EXPECT_EQ(usr1_runs, 1);
    if (shares_descriptors) EXPECT_ERRNO(fcntl(0, F_GETFD), EBADF);
    EXPECT(getcwd(after, sizeof after) != NULL);
    EXPECT_STREQ(after, "/");
    EXPECT_OK(chdir(before));
    return 0;
}
