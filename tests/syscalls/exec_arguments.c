// SPDX-License-Identifier: Apache-2.0
//
// execve passes argv and envp byte for byte: 100 KB strings, empty strings, bytes above 127, thousands of
// arguments, no environment, an environment without '='; an empty argv becomes one empty string (Linux 5.18)
// or none. execve(2).
#include "testing.h"

extern char** environ;
enum { kLong = 100000, kMany = 5000 };

static int after_exec(int argc, char** argv) {
    if (strcmp(argv[1], "long") == 0) {
        EXPECT_EQ(argc, 5);
        EXPECT_EQ(strlen(argv[2]), kLong);
        EXPECT_EQ(strspn(argv[2], "x"), kLong);
        EXPECT_STREQ(argv[3], "");
        EXPECT_STREQ(argv[4], "\xff\x80 \t\n'\"$");
        EXPECT(environ[0] == NULL);
    } else if (strcmp(argv[1], "many") == 0) {
        EXPECT_EQ(argc, kMany);
        for (int i = 2; i < kMany; i++) EXPECT_EQ(atoi(argv[i]), i);
        EXPECT_STREQ(environ[0], "");
        EXPECT_STREQ(environ[1], "no-equals-sign");
        EXPECT_STREQ(environ[2], "NAME=value=more");
        EXPECT_EQ(strlen(environ[3]), kLong);
        EXPECT(environ[4] == NULL);
        EXPECT_STREQ(getenv("NAME"), "value=more");
    }
    EXPECT(argv[argc] == NULL);
    EXPECT(argv + argc + 1 == environ);
    return 25;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 0 || argv[0][0] == 0) {
        EXPECT(argc <= 1);
        return 26;
    }
    if (argc > 1) return after_exec(argc, argv);
    char *self = own_path(argv[0]), *text = malloc(kLong + 1), *no_environment[] = {NULL},
         **many = calloc(kMany + 1, sizeof *many);
    memset(text, 'x', kLong);
    text[kLong] = 0;
    pid_t child = fork_child();
    if (child == 0) {
        execve(self, (char*[]){"name", "long", text, "", "\xff\x80 \t\n'\"$", NULL}, no_environment);
        _exit(99);
    }
    EXPECT_EXIT(child, 25);

    many[0] = "name", many[1] = "many";
    for (int i = 2; i < kMany; i++) EXPECT(asprintf(&many[i], "%d", i) > 0);
    child = fork_child();
    if (child == 0) {
        execve(self, many, (char*[]){"", "no-equals-sign", "NAME=value=more", text, NULL});
        _exit(99);
    }
    EXPECT_EXIT(child, 25);

    for (int null_argv = 0; null_argv < 2; null_argv++) {
        child = fork_child();
        if (child == 0) {
            syscall(SYS_execve, self, null_argv ? NULL : no_environment, null_argv ? NULL : no_environment);
            _exit(99);
        }
        EXPECT_EXIT(child, 26);
    }
    return 0;
}
