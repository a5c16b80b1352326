// SPDX-License-Identifier: Apache-2.0
//
// A MAP_GROWSDOWN mapping grows downwards when the page below it is touched, as the main stack does, also far
// below what has been used before. mmap(2).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;
static char alternate[65536];
static void handler(int) { siglongjmp(point, 1); }

static bool touch(char* address) {
    if (sigsetjmp(point, 1) != 0) return false;
    *(volatile char*)address = 7;
    return true;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = sizeof alternate}, NULL));
    handle_with(SIGSEGV, handler, SA_ONSTACK);
    // Room of 16 MiB, then one page that grows into it.
    char* room = EXPECT_OK(mmap(NULL, 16 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* top = room + (16 << 20) - 4096;
    EXPECT_OK(munmap(room + 4096, (16 << 20) - 4096));
    EXPECT(mmap(top, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0) ==
           top);
    for (int page = 1; page <= 100; page++) {
        EXPECT(touch(top - page * 4096));
        EXPECT_EQ(top[-page * 4096], 7);
    }
    EXPECT(!touch(room));  // the mapping at the bottom is PROT_NONE

    // The main stack: a megabyte below what has been used.
    char here;
    EXPECT(touch(&here - (1 << 20)));
    return 0;
}
