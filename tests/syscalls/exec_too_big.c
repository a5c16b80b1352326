// SPDX-License-Identifier: Apache-2.0
//
// E2BIG: for one string of 128 KiB or more, for more than the limit (a quarter of RLIMIT_STACK) altogether;
// the caller lives on. Just below either limit works. execve(2), "Limits on size of arguments and
// environment".
#include "testing.h"

#include <sys/resource.h>

static char* string_of(size_t length) {
    char* text = malloc(length + 1);
    memset(text, 'y', length);
    text[length] = 0;
    return text;
}

int main(int argc, char** argv) {
    if (argc > 1) return 27;
    watchdog(60);
    char* none[] = {NULL};
    char *too_long = string_of(131072), *fits = string_of(131071);  // with its 0 byte: 128 KiB
    EXPECT_ERRNO(execve(argv[0], (char*[]){argv[0], too_long, NULL}, none), E2BIG);
    EXPECT_ERRNO(execve(argv[0], (char*[]){argv[0], "x", NULL}, (char*[]){too_long, NULL}), E2BIG);
    pid_t child = fork_child();
    if (child == 0) {
        execve(argv[0], (char*[]){argv[0], fits, NULL}, none);
        _exit(99);
    }
    EXPECT_EXIT(child, 27);

    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_STACK, &limit));
    limit.rlim_cur = 8 << 20;
    child = fork_child();
    if (child == 0) {
        EXPECT_OK(setrlimit(RLIMIT_STACK, &limit));
        char* many[32] = {argv[0]};
        for (int i = 1; i < 20; i++) many[i] = fits;  // 2.4 MiB of 2 MiB
        EXPECT_ERRNO(execve(argv[0], many, none), E2BIG);
        many[14] = NULL;  // 1.6 MiB
        execve(argv[0], many, none);
        _exit(99);
    }
    EXPECT_EXIT(child, 27);
    return 0;
}
