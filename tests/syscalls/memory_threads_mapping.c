// SPDX-License-Identifier: Apache-2.0
//
// Threads that map, write, protect and unmap at the same time get disjoint ranges, and each sees only its own
// contents. mmap(2).
#include "testing.h"

static void* body(void* argument) {
    unsigned char mark = (unsigned char)(size_t)argument;
    unsigned seed = mark;
    for (int i = 0; i < 1500; i++) {
        seed = seed * 1103515245 + 12345;
        size_t pages = 1 + (seed >> 16) % 16;
        unsigned char* area =
            EXPECT_OK(mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        for (size_t page = 0; page < pages; page++) {
            EXPECT_EQ(area[page * 4096], 0);
            area[page * 4096] = mark;
        }
        if (i % 3 == 0) area = EXPECT_OK(mremap(area, pages * 4096, (pages + 8) * 4096, MREMAP_MAYMOVE)), pages += 8;
        if (i % 3 == 1) EXPECT_OK(mprotect(area, 4096, PROT_READ));
        EXPECT_EQ(area[0], mark);
        EXPECT_OK(munmap(area, pages * 4096));
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++) threads[i] = start_thread(body, (void*)(i + 1));
    for (int i = 0; i < 6; i++) join_thread(threads[i]);
    return 0;
}
