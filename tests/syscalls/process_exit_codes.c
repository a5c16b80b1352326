// SPDX-License-Identifier: Apache-2.0
//
// Exit codes: the low 8 bits of exit, _exit, exit_group and main's result; exit flushes stdio and runs atexit
// handlers, in reverse order, _exit does neither. exit(3), _exit(2).
#include "testing.h"

static int fds[2];

static void say(const char* text) { EXPECT_EQ(write(fds[1], text, strlen(text)), strlen(text)); }
static void first(void) { say("1"); }
static void second(void) { say("2"); }

int main(void) {
    watchdog(60);
    for (int code = -1; code < 300; code += 7) {
        pid_t child = fork_child();
        if (child == 0) {
            if (code % 2) _exit(code);
            syscall(SYS_exit_group, code);
        }
        EXPECT_EXIT(child, code & 255);
    }
    for (int quickly = 0; quickly < 2; quickly++) {
        EXPECT_OK(pipe(fds));
        pid_t child = fork_child();
        if (child == 0) {
            atexit(first);
            atexit(second);
            FILE* file = fdopen(fds[1], "w");
            EXPECT(file != NULL && fputs("buffered", file) >= 0);
            if (quickly) _exit(3);
            exit(3);
        }
        EXPECT_OK(close(fds[1]));
        char text[64];
        read_all(fds[0], text, sizeof text);
        EXPECT_STREQ(text, quickly ? "" : "21buffered");
        EXPECT_EXIT(child, 3);
        EXPECT_OK(close(fds[0]));
    }
    pid_t child = fork_child();
    if (child == 0) syscall(SYS_exit, 14);  // the only thread: its code is the process's
    EXPECT_EXIT(child, 14);
    return 0;
}
