// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/numa_maps has a line a mapping of the program, with where it begins, its file, [heap] and [stack] as heap and stack, and
// how many of its pages are there; nothing else is listed, and what is unmapped is gone. Skipped without NUMA. numa(7).
#include "testing.h"

static char text[1 << 19];

// The line of the mapping that begins at `address`, or an empty one.
static const char* line_of(const void* address) {
    static char line[1024];
    read_file("/proc/self/numa_maps", text, sizeof text);
    for (const char* at = text; *at != 0;) {
        const char* end = strchrnul(at, '\n');
        snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
        if (strtoul(line, NULL, 16) == (unsigned long)address) return line;
        at = *end == 0 ? end : end + 1;
    }
    return "";
}

static int count_of(const char* word) {
    int count = 0;
    for (const char* at = text; (at = strstr(at, word)) != NULL; at++) count++;
    return count;
}

int main(int, char** argv) {
    watchdog(60);
    if (access("/proc/self/numa_maps", F_OK) == -1) SKIP("no NUMA");
    char expected[PATH_MAX + 16];
    snprintf(expected, sizeof expected, " file=%s ", own_path(argv[0]));
    enter_temporary_directory();
    char* heap = malloc(100);
    EXPECT(heap != NULL);
    heap[0] = 1;
    // One page of other protection on either side, so that it is a mapping by itself.
    char* area = EXPECT_OK(mmap(NULL, 6 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_OK(mprotect(area + 4096, 4 * 4096, PROT_READ | PROT_WRITE));
    memset(area + 4096, 1, 3 * 4096);
    write_file("placed", "x", 0600);
    int fd = EXPECT_OK(open("placed", O_RDWR));
    char* file = EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
    EXPECT_EQ(*file, 'x');

    EXPECT(strstr(line_of(area + 4096), " anon=3 ") != NULL);
    EXPECT(strstr(line_of(file), "/placed") != NULL);
    EXPECT(count_of(expected) > 0);
    EXPECT_EQ(count_of(" heap"), 1);
    EXPECT_EQ(count_of(" stack"), 1);
    EXPECT_EQ(count_of("redoubt-run"), 0);
    unsigned long last = 0;
    for (char* line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned long start = strtoul(line, NULL, 16);
        EXPECT(start > last);
        last = start;
    }
    EXPECT_OK(munmap(area + 4096, 4 * 4096));
    EXPECT_OK(munmap(file, 4096));
    EXPECT_STREQ(line_of(area + 4096), "");
    EXPECT_STREQ(line_of(file), "");
    return 0;
}
