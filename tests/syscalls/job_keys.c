// SPDX-License-Identifier: Apache-2.0
//
// Keys of a controlling terminal signal the foreground process group: ^C SIGINT, ^\ SIGQUIT, ^Z SIGTSTP (and
// SIGCONT goes on); other groups and the leader do not get them. termios(3), setpgid(2).
#include "tty.h"

#include <sys/resource.h>

static int ready[2];

static void forever(void) {
    tell(ready[1]);
    for (;;) pause();
}

static void count_forever(void) {
    count_signals(SIGINT, 0);
    tell(ready[1]);
    for (;;) pause();
}

static void leader(void) {
    signal(SIGTTOU, SIG_IGN);
    EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
    pid_t background = start_job(count_forever, false);
    static const int ends[] = {SIGINT, SIGQUIT};
    for (int i = 0; i < 2; i++) {
        pid_t job = start_job(forever, true);
        EXPECT_KILLED(job, ends[i]);
    }
    pid_t job = start_job(forever, true);
    int status;
    EXPECT_EQ(waitpid(job, &status, WUNTRACED), job);
    EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    EXPECT_OK(tcsetpgrp(0, getpgrp()));
    EXPECT_OK(kill(-job, SIGCONT));
    EXPECT_EQ(waitpid(job, &status, WCONTINUED), job);
    EXPECT(WIFCONTINUED(status));
    EXPECT_OK(kill(-job, SIGTERM));
    EXPECT_KILLED(job, SIGTERM);
    EXPECT_EQ(waitpid(background, &status, WNOHANG | WUNTRACED), 0);
    EXPECT_OK(kill(background, SIGKILL));
    EXPECT_KILLED(background, SIGKILL);
}

int main(void) {
    watchdog(60);
    EXPECT_OK(pipe(ready));
    pid_t session;
    int master = run_session(leader, &session);
    await(ready[0]);  // background job
    for (const char* key = "\003\034\032"; *key != 0; key++) {
        await(ready[0]);
        EXPECT_EQ(write(master, key, 1), 1);
    }
    EXPECT_EXIT(session, 0);
    return 0;
}
