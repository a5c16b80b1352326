// SPDX-License-Identifier: Apache-2.0
//
// The maps of a static program are few: its own file, [heap], [stack], [vdso] and friends, and no anonymous
// mapping that it has not made (but a small one or two of the loader: .bss). proc(5).
#include "testing.h"

int main(int, char** argv) {
    watchdog(60);
    char* path = own_path(argv[0]);
    static char text[1 << 17];
    read_file("/proc/self/maps", text, sizeof text);
    int anonymous = 0, own = 0;
    unsigned long anonymous_bytes = 0;
    for (char* line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        char protection[5];
        int name_at = 0;
        EXPECT_EQ(sscanf(line, "%lx-%lx %4s %*x %*s %*u %n", &start, &end, protection, &name_at), 3);
        const char* name = line + name_at;
        if (name[0] == '[') continue;
        if (name[0] == 0) {
            anonymous++;
            anonymous_bytes += end - start;
            EXPECT_EQ(protection[2], '-');
            continue;
        }
        EXPECT_STREQ(name, path);
        own++;
    }
    EXPECT(own >= 3 && own <= 8);
    EXPECT(anonymous <= 3);
    EXPECT(anonymous_bytes < 1 << 20);
    return 0;
}
