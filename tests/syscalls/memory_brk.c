// SPDX-License-Identifier: Apache-2.0
//
// brk and sbrk: the break grows with zeroed memory, shrinks (the pages fault), grows again zeroed, is copied
// by fork, shows as [heap], is the same for all threads; nonsense leaves it unchanged; malloc lives with it.
// brk(2).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;
static void handler(int) { siglongjmp(point, 1); }
static void* current_break(void*) { return (void*)syscall(SYS_brk, 0); }

int main(void) {
    watchdog(60);
    handle_with(SIGSEGV, handler, 0);
    void* block = malloc(1000);
    char* start = sbrk(0);
    EXPECT_EQ((long)start, syscall(SYS_brk, 0));
    EXPECT(sbrk(3 * 4096 + 10) == start);
    EXPECT(sbrk(0) == start + 3 * 4096 + 10);
    for (int i = 0; i < 3 * 4096 + 10; i++) EXPECT_EQ(start[i], 0);
    memset(start, 'h', 3 * 4096 + 10);
    EXPECT(join_thread(start_thread(current_break, NULL)) == sbrk(0));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(start[100], 'h');
        EXPECT(sbrk(100 * 4096) == start + 3 * 4096 + 10);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT(sbrk(0) == start + 3 * 4096 + 10);

    char* before = sbrk(0);
    EXPECT_EQ(syscall(SYS_brk, 1), before);
    EXPECT_EQ(syscall(SYS_brk, ~0UL), before);
    EXPECT_EQ(syscall(SYS_brk, 1UL << 50), before);
    EXPECT_OK(brk(start));
    EXPECT(sbrk(0) == start);
    char* page = (char*)(((uintptr_t)start + 4095) & ~4095UL);
    if (sigsetjmp(point, 1) == 0) {
        *(volatile char*)(page + 4096) = 1;
        EXPECT(false);
    }
    EXPECT_OK(brk(start + 3 * 4096));
    for (char* byte = page; byte < start + 3 * 4096; byte++) EXPECT_EQ(*byte, 0);
    EXPECT_OK(brk(start + (64 << 20)));
    start[(64 << 20) - 1] = 1;
    EXPECT_OK(brk(start));
    free(block);

    static char maps[1 << 17];
    read_file("/proc/self/maps", maps, sizeof maps);
    char* line = strstr(maps, "[heap]");
    EXPECT(line != NULL);
    while (line > maps && line[-1] != '\n') line--;
    unsigned long low, high;
    EXPECT_EQ(sscanf(line, "%lx-%lx", &low, &high), 2);
    EXPECT(low <= (unsigned long)start && high >= (unsigned long)start && high - (unsigned long)start < 4096);

    // The kernel joins it with the page before, and shows both as the heap.
    void* below = mmap((void*)(low - 4096), 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    EXPECT(below != MAP_FAILED || errno == EEXIST);
    *(volatile char*)low = 1;
    read_file("/proc/self/maps", maps, sizeof maps);
    EXPECT(strstr(maps, "[heap]") != NULL);
    return 0;
}
