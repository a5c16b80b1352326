// SPDX-License-Identifier: Apache-2.0
//
// A pseudo-terminal with a session on it: `run_session` forks a session leader whose controlling terminal is
// the slave, on descriptor 0, and returns the master.
#ifndef TTY_H
#define TTY_H

#include "testing.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static inline int run_session(void (*leader)(void), pid_t* leader_pid) {
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) == -1) SKIP("openpty: %s", strerror(errno));
    struct termios settings;
    EXPECT_OK(tcgetattr(slave, &settings));
    settings.c_lflag |= ISIG | ICANON;
    settings.c_lflag &= (tcflag_t) ~(ECHO | TOSTOP);
    EXPECT_OK(tcsetattr(slave, TCSANOW, &settings));
    EXPECT_OK(fcntl(master, F_SETFD, FD_CLOEXEC));
    *leader_pid = fork_child();
    if (*leader_pid == 0) {
        EXPECT_OK(close(master));
        EXPECT_EQ(setsid(), getpid());
        EXPECT_OK(ioctl(slave, TIOCSCTTY, 0));
        EXPECT_OK(dup2(slave, 0));
        if (slave != 0) EXPECT_OK(close(slave));
        leader();
        _exit(0);
    }
    EXPECT_OK(close(slave));
    return master;
}

// Starts `body` as a process group of its own in the session; in the foreground when asked.
static inline pid_t start_job(void (*body)(void), bool foreground) {
    pid_t job = fork_child();
    if (job == 0) {
        EXPECT_OK(setpgid(0, 0));
        signal(SIGTTOU, SIG_IGN);
        if (foreground) EXPECT_OK(tcsetpgrp(0, getpid()));
        signal(SIGTTOU, SIG_DFL);
        body();
        _exit(99);
    }
    setpgid(job, job);
    return job;
}

static inline void tell(int fd) { EXPECT_EQ(write(fd, "!", 1), 1); }
static inline void await(int fd) {
    char byte;
    EXPECT_EQ(read(fd, &byte, 1), 1);
}

#endif
