// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn starts a program with its arguments and environment; a missing program (ENOENT), a file without
// the x bit (EACCES) and a bad interpreter come back as posix_spawn's result, leaving no child; posix_spawnp
// searches PATH. posix_spawn(3).
#include "testing.h"

#include <spawn.h>

extern char** environ;

static int spawn_shell(const char* script, char** environment) {
    char* arguments[] = {"sh", "-c", (char*)script, NULL};
    pid_t child;
    EXPECT_EQ(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environment), 0);
    int status = wait_child(child);
    EXPECT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int main(void) {
    watchdog(60);
    EXPECT_EQ(spawn_shell("exit 12", environ), 12);
    EXPECT_EQ(spawn_shell("test \"$ONE\" = 'a b' && test -z \"$HOME\" && exit 13", (char*[]){"ONE=a b", NULL}), 13);

    enter_temporary_directory();
    write_file("not-executable", "#!/bin/sh\n", 0644);
    write_file("no-interpreter", "#!/nonexistent/interpreter\n", 0755);
    EXPECT_OK(setenv("PATH", "/nonexistent:/bin:/usr/bin", 1));
    char* arguments[] = {"x", NULL};
    pid_t child = -7;
    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(posix_spawn(&child, "/nonexistent/program", NULL, NULL, arguments, environ), ENOENT);
        EXPECT_EQ(posix_spawn(&child, "not-executable", NULL, NULL, arguments, environ), EACCES);
        EXPECT_EQ(posix_spawn(&child, "no-interpreter", NULL, NULL, arguments, environ), ENOENT);
        EXPECT_EQ(posix_spawnp(&child, "surely-no-such-command", NULL, NULL, arguments, environ), ENOENT);
        EXPECT_ERRNO(wait(NULL), ECHILD);
    }
    EXPECT_EQ(posix_spawnp(&child, "true", NULL, NULL, arguments, environ), 0);
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(system("exit 7") >> 8, 7);
    FILE* pipe = popen("echo hello; cat </dev/null", "r");
    EXPECT(pipe != NULL);
    char line[16];
    EXPECT(fgets(line, sizeof line, pipe) != NULL);
    EXPECT_STREQ(line, "hello\n");
    EXPECT_EQ(pclose(pipe), 0);
    return 0;
}
