// SPDX-License-Identifier: Apache-2.0
//
// execve works in a thread whose process's first thread has ended, and in one with a descriptor table of its own in which
// the numbers mean other files. execve(2), unshare(2).
#include "testing.h"

#include <sched.h>

static char* path;

static void* unshared(void*) {
    if (unshare(CLONE_FILES) == 0) {
        for (int fd = 3; fd < 10; fd++) close(fd);  // still open in the other threads' table
    } else {
        EXPECT_EQ(errno, EINVAL);  // a runtime that knows of one table a process
    }
    execl(path, path, "second", NULL);
    test_failed(__FILE_NAME__, __LINE__, "execl: %s", strerror(errno));
}

static void* orphaned(void* first) {
    wait_for_state(getpid(), *(pid_t*)first, 'Z');
    execl(path, path, "third", NULL);
    test_failed(__FILE_NAME__, __LINE__, "execl: %s", strerror(errno));
}

int main(int argc, char** argv) {
    path = own_path(argv[0]);
    if (argc > 1 && strcmp(argv[1], "third") == 0) return 0;
    watchdog(60);
    if (argc == 1) {
        for (int fd = 3; fd < 10; fd++) EXPECT_OK(dup2(0, fd));
        join_thread(start_thread(unshared, NULL));
    }
    static pid_t first;
    first = getpid();
    start_thread(orphaned, &first);
    pthread_exit(NULL);
}
