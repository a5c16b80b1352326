// SPDX-License-Identifier: Apache-2.0
//
// #! scripts: the interpreter gets its one optional argument whole (blanks inside, trimmed at the ends), the
// script's path, and the arguments from argv[1] on; argv[0] is dropped; nested scripts; a last line without a
// newline. execve(2).
#include "testing.h"

static int fds[2];

// Runs `path` with arguments "zero" "one two" and returns what it printed.
static const char* run(const char* path) {
    static char output[4096];
    EXPECT_OK(pipe2(fds, O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(dup2(fds[1], 1));
        execl(path, "zero", "one two", NULL);
        _exit(99);
    }
    EXPECT_OK(close(fds[1]));
    read_all(fds[0], output, sizeof output);
    EXPECT_OK(close(fds[0]));
    EXPECT_EXIT(child, 0);
    return output;
}

static void script(const char* name, const char* interpreter, const char* rest) {
    char text[PATH_MAX + 512];
    snprintf(text, sizeof text, "#!%s%s", interpreter, rest);
    write_file(name, text, 0755);
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[0], "zero") != 0) {  // as the interpreter: print the arguments in brackets
        const char* slash = strrchr(argv[0], '/');
        printf("[%s]", slash != NULL ? slash + 1 : argv[0]);
        for (int i = 1; i < argc; i++) printf("[%s]", argv[i]);
        return 0;
    }
    watchdog(60);
    char* self = own_path(argv[0]);
    enter_temporary_directory();
    EXPECT_OK(symlink(self, "p"));
    script("plain", "p", "\n");
    EXPECT_STREQ(run("./plain"), "[p][./plain][one two]");
    script("argument", "p", " -a b  c \t \nrest\n");
    EXPECT_STREQ(run("./argument"), "[p][-a b  c][./argument][one two]");
    script("blanks", " \t p", "  \t x\n");
    EXPECT_STREQ(run("blanks"), "[p][x][blanks][one two]");
    script("unfinished", "p", " end");
    EXPECT_STREQ(run("unfinished"), "[p][end][unfinished][one two]");
    script("nested", "./argument", " n\n");
    EXPECT_STREQ(run("./nested"), "[p][-a b  c][./argument][n][./nested][one two]");
    script("nested-2", "./nested", "\n");
    EXPECT_STREQ(run("./nested-2"), "[p][-a b  c][./argument][n][./nested][./nested-2][one two]");
    script("shell", "/bin/sh", "\necho \"$0,$1,$#\"\n");
    EXPECT_STREQ(run("./shell"), "./shell,one two,1\n");
    return 0;
}
