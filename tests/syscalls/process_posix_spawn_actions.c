// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn's file actions (open, dup2, close, chdir) and attributes (setpgroup, setsid, sigmask,
// sigdefault) take effect in the child before the program starts; a failing action is posix_spawn's result.
// posix_spawn(3).
#include "testing.h"

#include <spawn.h>

extern char** environ;

// As the child: argv[1] is the expected process group, "session" for a new session.
static int as_child(const char* expected) {
    char directory[PATH_MAX], text[8];
    EXPECT(getcwd(directory, sizeof directory) != NULL);
    EXPECT_STREQ(directory, "/");
    EXPECT_EQ(read(0, text, sizeof text), 5);
    EXPECT_ERRNO(fcntl(8, F_GETFD), EBADF);
    EXPECT_OK(fcntl(9, F_GETFD));
    EXPECT_EQ(getpgrp(), getpid());
    if (strcmp(expected, "session") == 0) EXPECT_EQ(getsid(0), getpid());
    struct sigaction action;
    EXPECT_OK(sigaction(SIGUSR1, NULL, &action));
    EXPECT(action.sa_handler == SIG_DFL);
    EXPECT_OK(sigaction(SIGUSR2, NULL, &action));
    EXPECT(action.sa_handler == SIG_IGN);
    sigset_t mask;
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT(sigismember(&mask, SIGHUP) && !sigismember(&mask, SIGINT));
    return 31;
}

int main(int argc, char** argv) {
    if (argc == 2) return as_child(argv[1]);
    watchdog(60);
    char* self = own_path(argv[0]);
    enter_temporary_directory();
    write_file("input", "input", 0600);
    int fd = EXPECT_OK(open("input", O_RDONLY));
    EXPECT_OK(dup2(fd, 8));
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    EXPECT_EQ(posix_spawn_file_actions_init(&actions), 0);
    EXPECT_EQ(posix_spawn_file_actions_addopen(&actions, 0, "input", O_RDONLY, 0), 0);
    EXPECT_EQ(posix_spawn_file_actions_adddup2(&actions, 8, 9), 0);
    EXPECT_EQ(posix_spawn_file_actions_addclose(&actions, 8), 0);
    EXPECT_EQ(posix_spawn_file_actions_addchdir_np(&actions, "/"), 0);
    EXPECT_EQ(posix_spawnattr_init(&attributes), 0);
    sigset_t defaults = set_of(SIGUSR1), mask = set_of(SIGHUP), own = set_of(SIGINT);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &own, NULL));
    EXPECT_EQ(posix_spawnattr_setsigdefault(&attributes, &defaults), 0);
    EXPECT_EQ(posix_spawnattr_setsigmask(&attributes, &mask), 0);
    EXPECT_EQ(posix_spawnattr_setpgroup(&attributes, 0), 0);
    for (int session = 0; session < 2; session++) {
        short flags =
            POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP);
        EXPECT_EQ(posix_spawnattr_setflags(&attributes, flags), 0);
        char* arguments[] = {self, session ? "session" : "group", NULL};
        pid_t child;
        EXPECT_EQ(posix_spawn(&child, self, &actions, &attributes, arguments, environ), 0);
        EXPECT_EXIT(child, 31);
        EXPECT_OK(fcntl(8, F_GETFD));
        EXPECT_EQ(sigismember(&own, SIGINT), 1);
    }
    EXPECT_EQ(posix_spawn_file_actions_addopen(&actions, 5, "/nonexistent/file", O_RDONLY, 0), 0);
    pid_t child;
    EXPECT_EQ(posix_spawn(&child, self, &actions, NULL, (char*[]){self, NULL}, environ), ENOENT);
    EXPECT_ERRNO(wait(NULL), ECHILD);
    return 0;
}
