// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/environ is the environment the program was started with, byte for byte, without anything of the
// runtime; changes by setenv do not show, execve starts afresh. proc(5).
#include "testing.h"

static int after_exec(char** argv) {
    static char text[4096];
    static const char expected[] = "ONE=1\0TWO=zwei Wörter\0EMPTY=\0odd";
    EXPECT_EQ(read_file("/proc/self/environ", text, sizeof text), sizeof expected);
    EXPECT_EQ(memcmp(text, expected, sizeof expected), 0);
    EXPECT_OK(setenv("THREE", "3", 1));
    EXPECT_EQ(read_file("/proc/self/environ", text, sizeof text), sizeof expected);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", getpid());
    EXPECT_EQ(read_file(path, text, sizeof text), sizeof expected);
    pid_t child = fork_child();
    if (child == 0) {
        execle(argv[0], argv[0], "third", NULL, (char*[]){"NEW=1", NULL});
        _exit(99);
    }
    EXPECT_EXIT(child, 53);
    return 54;
}

int main(int argc, char** argv) {
    watchdog(60);
    static char text[65536];
    if (argc == 2 && strcmp(argv[1], "third") == 0) {
        EXPECT_EQ(read_file("/proc/self/environ", text, sizeof text), 6);
        EXPECT_STREQ(text, "NEW=1");
        return 53;
    }
    if (argc == 2) return after_exec(argv);
    size_t length = read_file("/proc/self/environ", text, sizeof text);
    for (char* entry = text; entry < text + length; entry += strlen(entry) + 1)
        EXPECT(strncmp(entry, "REDOUBT_", 8) != 0);
    pid_t child = fork_child();
    if (child == 0) {
        execle(argv[0], argv[0], "second", NULL, (char*[]){"ONE=1", "TWO=zwei Wörter", "EMPTY=", "odd", NULL});
        _exit(99);
    }
    EXPECT_EXIT(child, 54);
    return 0;
}
