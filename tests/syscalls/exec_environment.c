// SPDX-License-Identifier: Apache-2.0
//
// The environment is the program's: only what was passed is there, setenv and putenv reach the children,
// clearenv empties it, and nothing of the runtime's own leaks into it. environ(7), getenv(3).
#include "testing.h"

extern char** environ;

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) {
        EXPECT_STREQ(environ[0], "FIRST=1");
        EXPECT_STREQ(environ[1], "SECOND=two words");
        EXPECT(environ[2] == NULL);
        EXPECT_OK(setenv("THIRD", "3", 1));
        EXPECT_OK(unsetenv("FIRST"));
        EXPECT_EQ(system("test \"$THIRD,$SECOND,${FIRST-unset}\" = '3,two words,unset'"), 0);
        EXPECT_EQ(clearenv(), 0);
        int fds[2];
        char text[4096];
        EXPECT_OK(pipe2(fds, O_CLOEXEC));
        pid_t child = fork_child();
        if (child == 0) {
            EXPECT_OK(dup2(fds[1], 1));
            execve("/usr/bin/env", (char*[]){"env", NULL}, environ != NULL ? environ : (char*[]){NULL});
            _exit(99);
        }
        EXPECT_OK(close(fds[1]));
        EXPECT_EQ(read_all(fds[0], text, sizeof text), 0);
        EXPECT_EXIT(child, 0);
        return 43;
    }
    for (char** entry = environ; *entry != NULL; entry++) EXPECT(strncmp(*entry, "REDOUBT_", 8) != 0);
    pid_t child = fork_child();
    if (child == 0) {
        execve(argv[0], (char*[]){argv[0], "after-exec", NULL}, (char*[]){"FIRST=1", "SECOND=two words", NULL});
        _exit(99);
    }
    EXPECT_EXIT(child, 43);
    return 0;
}
