// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/maps shows the code of a library, and of the program, as the one mapping that it is, however many of its call sites
// have been used often. Profilers find their symbols by it. proc(5).
#include "testing.h"

#include <sys/resource.h>
#include <sys/times.h>
#include <sys/uio.h>

// How many executable mappings of a file that ends so there are; the size of all of them is added to `size`.
static int count_code(const char* name, unsigned long* size) {
    FILE* maps = fopen("/proc/self/maps", "re");
    EXPECT(maps != NULL);
    char line[5000];
    int count = 0;
    unsigned long offset_behind = 0, last = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin, end, offset;
        char permissions[5];
        EXPECT_EQ(sscanf(line, "%lx-%lx %4s %lx", &begin, &end, permissions, &offset), 4);
        EXPECT(begin < end && begin >= last);
        last = end;
        line[strcspn(line, "\n")] = 0;
        const size_t length = strlen(line), suffix = strlen(name);
        if (length < suffix || strcmp(line + length - suffix, name) != 0 || permissions[2] != 'x') continue;
        if (count > 0) EXPECT(offset >= offset_behind);
        offset_behind = offset + (end - begin);
        *size += end - begin;
        count++;
    }
    EXPECT_OK(fclose(maps));
    return count;
}

int main(int, char** argv) {
    watchdog(60);
    unsigned long before = 0, after = 0, own = 0;
    EXPECT_EQ(count_code("/libc.so.6", &before), 1);
    char byte;
    int zero = EXPECT_OK(open("/dev/zero", O_RDONLY));
    for (int i = 0; i < 100; i++) {  // sites all over libc
        struct iovec vector = {&byte, 1};
        struct rusage usage;
        struct tms times_used;
        struct stat status;
        EXPECT_EQ(read(zero, &byte, 1), 1);
        EXPECT_EQ(readv(zero, &vector, 1), 1);
        EXPECT_OK(getrusage(RUSAGE_SELF, &usage));
        EXPECT_OK(fstat(zero, &status));
        EXPECT(times(&times_used) != -1);
        EXPECT(getppid() >= 0);
        EXPECT_OK(sched_yield());
        EXPECT_OK(close(EXPECT_OK(dup(zero))));
        void* page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(page != MAP_FAILED);
        EXPECT_OK(munmap(page, 4096));
        pid_t child = i < 20 ? fork_child() : -1;
        if (child == 0) _exit(0);
        if (child > 0) EXPECT_EXIT(child, 0);
    }
    EXPECT_EQ(count_code("/libc.so.6", &after), 1);
    EXPECT_EQ(after, before);
    const char* slash = strrchr(argv[0], '/');
    EXPECT_EQ(count_code(slash != NULL ? slash : argv[0], &own), 1);
    return 0;
}
