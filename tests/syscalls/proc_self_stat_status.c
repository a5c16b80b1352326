// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/stat and status tell of this program: pid, parent, name (with odd characters), group, session,
// state, ids, Umask, and the SigBlk, SigIgn, SigCgt and pending masks as the program set them. proc(5).
#include "testing.h"

#include <sys/prctl.h>

static char text[8192];

static const char* field(const char* name) {
    static char value[256];
    read_file("/proc/self/status", text, sizeof text);
    char* line = strstr(text, name);
    if (line == NULL) test_failed(__FILE_NAME__, __LINE__, "no %s in /proc/self/status", name);
    sscanf(line + strlen(name), " %255[^\n]", value);
    return value;
}

static unsigned long bits(const char* name) { return strtoul(field(name), NULL, 16); }
static unsigned long bit(int number) { return 1UL << (number - 1); }

int main(void) {
    watchdog(60);
    EXPECT_OK(prctl(PR_SET_NAME, "odd) (name"));
    read_file("/proc/self/stat", text, sizeof text);
    char state;
    int pid = atoi(text), parent, group, session;
    EXPECT_EQ(sscanf(strrchr(text, ')'), ") %c %d %d %d", &state, &parent, &group, &session), 4);
    EXPECT(strncmp(strchr(text, '('), "(odd) (name)", 12) == 0);
    EXPECT(pid == getpid() && parent == getppid() && group == getpgrp() && session == getsid(0) && state == 'R');

    EXPECT_STREQ(field("Name:"), "odd) (name");
    EXPECT_EQ(atoi(field("\nPid:")), getpid());
    EXPECT_EQ(atoi(field("\nPPid:")), getppid());
    EXPECT_EQ(atoi(field("\nTgid:")), getpid());
    EXPECT_EQ(atoi(field("\nThreads:")), 1);
    EXPECT_EQ(atoi(field("\nUid:")), getuid());
    EXPECT_EQ(atoi(field("\nTracerPid:")), 0);
    umask(0135);
    EXPECT_EQ(strtol(field("\nUmask:"), NULL, 8), 0135);

    for (int number = 1; number <= SIGRTMAX; number++)
        if (number != SIGKILL && number != SIGSTOP && number != SIGALRM && (number < 32 || number >= SIGRTMIN))
            signal(number, SIG_DFL);
    EXPECT_EQ(bits("\nSigIgn:"), 0);
    EXPECT_EQ(bits("\nSigCgt:") & ~(3UL << 31),
              bit(SIGALRM));  // the watchdog's; 32 and 33 are the C library's
    EXPECT_EQ(bits("\nSigBlk:"), 0);
    EXPECT_EQ(bits("\nShdPnd:"), 0);
    signal(SIGHUP, SIG_IGN);
    signal(SIGSYS, SIG_IGN);
    count_signals(SIGUSR1, 0);
    count_signals(SIGRTMIN + 2, 0);
    sigset_t set = set_of(SIGUSR2);
    sigaddset(&set, SIGRTMAX);
    sigaddset(&set, SIGSYS);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    EXPECT_OK(kill(getpid(), SIGUSR2));
    EXPECT_OK(syscall(SYS_tgkill, getpid(), own_tid(), SIGRTMAX));
    EXPECT_EQ(bits("\nSigIgn:"), bit(SIGHUP) | bit(SIGSYS));
    EXPECT_EQ(bits("\nSigCgt:") & ~(3UL << 31), bit(SIGALRM) | bit(SIGUSR1) | bit(SIGRTMIN + 2));
    EXPECT_EQ(bits("\nSigBlk:"), bit(SIGUSR2) | bit(SIGRTMAX) | bit(SIGSYS));
    EXPECT_EQ(bits("\nShdPnd:"), bit(SIGUSR2));
    EXPECT_EQ(bits("\nSigPnd:"), bit(SIGRTMAX));
    return 0;
}
