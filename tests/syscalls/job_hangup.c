// SPDX-License-Identifier: Apache-2.0
//
// When the terminal is closed, the session leader gets SIGHUP and SIGCONT, reads return end of file and
// writes EIO; when the leader ends, the foreground group gets SIGHUP; /dev/tty opens the controlling
// terminal. credentials(7), tty_ioctl(4).
#include "tty.h"

#include <sys/prctl.h>

static int ready[2], result[2];

static void leader(void) {
    count_signals(SIGHUP, 0);
    int tty = EXPECT_OK(open("/dev/tty", O_RDWR));
    EXPECT(isatty(tty));
    EXPECT_EQ(tcgetsid(tty), getpid());
    tell(ready[1]);
    wait_until_at_least(signal_count, 1);
    char byte;
    EXPECT_EQ(read(0, &byte, 1), 0);
    EXPECT_ERRNO(write(0, "x", 1), EIO);
    _exit(33);
}

static void foreground_job(void) {
    tell(ready[1]);
    for (;;) pause();
}

static void leader_that_ends(void) {
    pid_t job = start_job(foreground_job, true);
    EXPECT_EQ(write(result[1], &job, sizeof job), sizeof job);
    await(ready[0]);
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(ready));
    EXPECT_OK(pipe(result));
    EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));  // so that the orphaned job can be waited for
    pid_t session;
    int master = run_session(leader, &session);
    await(ready[0]);
    EXPECT_OK(close(master));
    EXPECT_EXIT(session, 33);

    master = run_session(leader_that_ends, &session);
    EXPECT_EXIT(session, 0);
    pid_t job;
    EXPECT_EQ(read(result[0], &job, sizeof job), sizeof job);
    EXPECT_KILLED(job, SIGHUP);
    EXPECT_OK(close(master));
    return 0;
}
