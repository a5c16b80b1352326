// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/cmdline holds the program's argv, each ended by a 0 byte, also in parts by pread and from
// another process; what the program writes over its argv in place shows at once (as setproctitle does).
// proc(5).
#include "testing.h"

static size_t read_cmdline(const char* path, char* text, size_t size) { return read_file(path, text, size); }

static int after_exec(char** argv) {
    static char text[300000];
    size_t length = read_cmdline("/proc/self/cmdline", text, sizeof text), offset = 0;
    for (char** argument = argv; *argument != NULL; argument++) {
        EXPECT(offset < length);
        EXPECT_STREQ(text + offset, *argument);
        offset += strlen(*argument) + 1;
    }
    EXPECT_EQ(offset, length);
    int fd = EXPECT_OK(open("/proc/self/cmdline", O_RDONLY));
    char part[6] = {0};
    EXPECT_EQ(pread(fd, part, 5, 2), 5);
    EXPECT_EQ(memcmp(part, text + 2, 5), 0);
    EXPECT_EQ(pread(fd, part, 5, (off_t)length), 0);

    char path[64], other[300000];
    snprintf(path, sizeof path, "/proc/%d/cmdline", getpid());
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(read_cmdline(path, other, sizeof other), length);  // the parent's
        EXPECT_EQ(memcmp(other, text, length), 0);
        EXPECT_EQ(read_cmdline("/proc/self/cmdline", other, sizeof other), length);  // inherited
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    size_t room = strlen(argv[0]);
    memset(argv[0], 'T', room);  // a new title, as long as argv[0]
    EXPECT_EQ(read_cmdline("/proc/self/cmdline", other, sizeof other), length);
    EXPECT_EQ(strspn(other, "T"), room);
    EXPECT_EQ(memcmp(other + room, text + room, length - room), 0);
    return 52;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc > 1) return after_exec(argv);
    char* long_argument = calloc(1, 100001);
    memset(long_argument, 'a', 100000);
    pid_t child = fork_child();
    if (child == 0) {
        execl(argv[0], "a-name", "one", "", "with blanks", long_argument, "--", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 52);
    return 0;
}
