// SPDX-License-Identifier: Apache-2.0
//
// Waiting for a lock (flock, F_SETLKW, F_OFD_SETLKW) restarts with SA_RESTART and fails with EINTR without.
// signal(7).
#include "testing.h"

#include <sys/file.h>

enum Kind { kFlock, kRecord, kOpenFile };

static int lock(int fd, enum Kind kind, bool wait) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (kind == kFlock) return flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
    if (kind == kRecord) return fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole);
    return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
}

static void release(int fd) { EXPECT_EQ(write(fd, "x", 1), 1); }

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("lock", "", 0600);
    for (enum Kind kind = kFlock; kind <= kOpenFile; kind++) {
        int held[2], done[2];
        EXPECT_OK(pipe(held));
        EXPECT_OK(pipe(done));
        pid_t owner = fork_child();
        if (owner == 0) {
            char byte;
            EXPECT_OK(lock(EXPECT_OK(open("lock", O_RDWR)), kind, false));
            EXPECT_EQ(write(held[1], "x", 1), 1);
            EXPECT_EQ(read(done[0], &byte, 1), 1);
            _exit(0);
        }
        char byte;
        EXPECT_EQ(read(held[0], &byte, 1), 1);
        int fd = EXPECT_OK(open("lock", O_RDWR));
        EXPECT_ERRNO(lock(fd, kind, false), EAGAIN);

        count_signals(SIGUSR1, 0);
        pid_t helper = start_interrupting(SIGUSR1);
        EXPECT_ERRNO(lock(fd, kind, true), EINTR);
        stop_interrupting(helper);

        count_signals(SIGUSR1, SA_RESTART);
        helper = interrupt_then(SIGUSR1, release, done[1]);
        EXPECT_OK(lock(fd, kind, true));
        EXPECT_EXIT(helper, 0);
        EXPECT_EXIT(owner, 0);
        EXPECT_OK(close(fd));
    }
    return 0;
}
