// SPDX-License-Identifier: Apache-2.0
//
// #! scripts that fail: a missing interpreter is ENOENT, one without the x bit EACCES, no name at all
// ENOEXEC, a loop ELOOP (after five levels), and a first line longer than the kernel's buffer is refused or
// its argument cut. execve(2).
#include "testing.h"

static int run(const char* path) { return execve(path, (char*[]){"x", NULL}, (char*[]){NULL}); }

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("missing", "#!/nonexistent/interpreter -x\n", 0755);
    write_file("nothing", "#!\n", 0755);
    write_file("only-blanks", "#!  \t \n", 0755);
    write_file("text", "plain text\n", 0755);
    write_file("not-executable", "#!/bin/sh\n", 0644);
    write_file("to-not-executable", "#!./not-executable\n", 0755);
    write_file("to-text", "#!./text\n", 0755);
    write_file("loop", "#!./loop\n", 0755);
    write_file("level-1", "#!/bin/sh\nexit 34\n", 0755);
    for (int level = 2; level <= 7; level++) {
        char name[16], text[32];
        snprintf(name, sizeof name, "level-%d", level);
        snprintf(text, sizeof text, "#!./level-%d\n", level - 1);
        write_file(name, text, 0755);
    }
    char long_line[400] = "#!/";
    memset(long_line + 3, 'i', 390);
    strcpy(long_line + 390, "\n");
    write_file("long-name", long_line, 0755);

    EXPECT_ERRNO(run("missing"), ENOENT);
    EXPECT_ERRNO(run("nothing"), ENOEXEC);
    EXPECT_ERRNO(run("only-blanks"), ENOEXEC);
    EXPECT_ERRNO(run("to-not-executable"), EACCES);
    EXPECT_ERRNO(run("to-text"), ENOEXEC);
    EXPECT_ERRNO(run("loop"), ELOOP);
    EXPECT_ERRNO(run("level-7"), ELOOP);
    EXPECT_ERRNO(run("long-name"), ENOEXEC);
    for (int level = 1; level <= 5; level++) {
        char name[16];
        snprintf(name, sizeof name, "level-%d", level);
        pid_t child = fork_child();
        if (child == 0) {
            run(name);
            _exit(99);
        }
        EXPECT_EXIT(child, 34);
    }
    return 0;
}
