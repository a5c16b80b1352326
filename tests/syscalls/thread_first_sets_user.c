// SPDX-License-Identifier: Apache-2.0
//
// The first thread that a process makes calls setuid at once: libc signals the maker, which may still be in clone.
// Each child is a process with its first thread.
#include "testing.h"

static void* set_user(void* nothing) {
    EXPECT_OK(setuid(getuid()));
    return nothing;
}

int main(void) {
    watchdog(60);
    for (int i = 0; i < 1000; i++) {
        const pid_t child = EXPECT_OK(fork());
        if (child == 0) {
            pthread_t thread;
            EXPECT_EQ(pthread_create(&thread, NULL, set_user, NULL), 0);
            EXPECT_EQ(pthread_join(thread, NULL), 0);
            _exit(0);
        }
        int status;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    return 0;
}
