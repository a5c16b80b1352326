// SPDX-License-Identifier: Apache-2.0
//
// Arguments, environment and the path may fill a quarter of RLIMIT_STACK, at least 128 KiB, to the last byte, and the
// program then has what is left of its stack. execve(2), "Limits on size of arguments and environment".
#include "testing.h"

#include <sys/resource.h>

enum { kStack = 256 << 10, kRoom = 128 << 10, kOne = 1000 };

// Runs this program with as many arguments as need `room` bytes, each with its pointer.
static int run(char* self, size_t room) {
    static char text[kOne];
    memset(text, 'a', kOne - 1);
    char* arguments[kRoom / kOne + 8] = {self};
    size_t used = strlen(self) + 1 /* the path */ + strlen(self) + 1 + sizeof(char*);
    int count = 1;
    for (; used + kOne + 2 * sizeof(char*) < room; used += kOne + sizeof(char*)) arguments[count++] = text;
    char last[2 * kOne] = "";
    memset(last, 'b', room - used - sizeof(char*) - 1);
    arguments[count] = last;
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
        EXPECT_OK(setrlimit(RLIMIT_STACK, &(struct rlimit){kStack, kStack}));
        char* none[] = {NULL};
        execve(self, arguments, none);
        _exit(errno == E2BIG ? 7 : 8);
    }
    int status = wait_child(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int main(int argc, char** argv) {
    if (argc > 2) {
        volatile char frame[64 << 10];
        frame[0] = 41;
        return frame[0];
    }
    watchdog(60);
    char* self = own_path(argv[0]);
    EXPECT_EQ(run(self, kRoom - 1), 41);
    EXPECT_EQ(run(self, kRoom), 41);
    EXPECT_EQ(run(self, kRoom + 1), 7);
    return 0;
}
