// SPDX-License-Identifier: Apache-2.0
//
// vfork: the parent waits until the child has called execve or _exit; the child's stores (errno, a variable)
// are seen by the parent, its descriptors are a copy; a failed execve is reported through memory, then
// another may succeed. vfork(2).
#include "testing.h"

static volatile int shared_word, child_errno;

int main(void) {
    watchdog(60);
    for (int i = 0; i < 50; i++) {
        shared_word = child_errno = 0;
        pid_t child = vfork();
        if (child == 0) {
            shared_word = 1;
            close(0);
            execl("/nonexistent/program", "x", NULL);
            child_errno = errno;
            _exit(40);
        }
        EXPECT(child > 0);
        EXPECT(shared_word == 1 && child_errno == ENOENT);
        EXPECT_OK(fcntl(0, F_GETFD));
        EXPECT_EXIT(child, 40);

        child = vfork();
        if (child == 0) {
            execl("/nonexistent/program", "x", NULL);
            shared_word = 2;
            execl("/bin/sh", "sh", "-c", "exit 41", NULL);
            _exit(42);
        }
        EXPECT(child > 0);
        EXPECT_EQ(shared_word, 2);
        EXPECT_EXIT(child, 41);
    }
    return 0;
}
