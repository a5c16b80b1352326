// SPDX-License-Identifier: Apache-2.0
//
// A static program at fixed addresses: AT_BASE is 0, heap by brk, thread-locals, IRELATIVE relocations
// (string functions), signals, fork and execve of itself and of a dynamic program. elf(5), getauxval(3).
#include "testing.h"

#include <sys/auxv.h>

static __thread int mine = 3;

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return 47;
    EXPECT_EQ(getauxval(AT_BASE), 0);
    EXPECT_EQ(mine, 3);
    char *start = sbrk(0), text[100];
    EXPECT(brk(start + 100000) == 0);
    memset(start, 'b', 100000);
    EXPECT_EQ(strlen(memcpy(text, "twelve bytes", 13)), 12);
    count_signals(SIGUSR1, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(load(signal_count), 1);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork_child();
        if (child == 0) {
            if (i == 0) execl(argv[0], argv[0], "again", NULL);
            if (i == 1) execl("/bin/sh", "sh", "-c", "exit 47", NULL);
            _exit(99);
        }
        EXPECT_EXIT(child, 47);
    }
    return 0;
}
