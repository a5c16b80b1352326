// SPDX-License-Identifier: Apache-2.0
//
// A background process that reads from its controlling terminal is stopped by SIGTTIN, one that calls
// tcsetpgrp by SIGTTOU; in the foreground and continued it goes on; ignored SIGTTIN makes the read fail with
// EIO. tcsetpgrp(3).
#include "tty.h"

static void read_tty(void) {
    char byte;
    EXPECT_EQ(read(0, &byte, 1), 1);
    _exit(byte);
}

static void read_tty_ignoring(void) {
    signal(SIGTTIN, SIG_IGN);
    char byte;
    EXPECT_ERRNO(read(0, &byte, 1), EIO);
    _exit(21);
}

static void take_tty(void) {
    EXPECT_OK(tcsetpgrp(0, getpgrp()));
    _exit(22);
}

static void leader(void) {
    signal(SIGTTOU, SIG_IGN);
    EXPECT_OK(tcsetpgrp(0, getpgrp()));
    EXPECT_EQ(tcgetpgrp(0), getpgrp());
    int status;
    pid_t job = start_job(read_tty, false);
    EXPECT_EQ(waitpid(job, &status, WUNTRACED), job);
    EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
    EXPECT_OK(tcsetpgrp(0, job));  // to the foreground: the read goes on
    EXPECT_OK(kill(-job, SIGCONT));
    EXPECT_EXIT(job, 'k');
    EXPECT_OK(tcsetpgrp(0, getpgrp()));

    EXPECT_EXIT(start_job(read_tty_ignoring, false), 21);
    job = start_job(take_tty, false);
    EXPECT_EQ(waitpid(job, &status, WUNTRACED), job);
    EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    EXPECT_OK(tcsetpgrp(0, job));
    EXPECT_OK(kill(-job, SIGCONT));
    EXPECT_EXIT(job, 22);
}

int main(void) {
    watchdog(60);
    pid_t session;
    int master = run_session(leader, &session);
    EXPECT_EQ(write(master, "k\n", 2), 2);
    EXPECT_EXIT(session, 0);
    return 0;
}
