// SPDX-License-Identifier: Apache-2.0
//
// mprotect takes effect at once, in all threads: writing to read-only, reading PROT_NONE, executing without
// PROT_EXEC fault with SEGV_ACCERR at the address; contents survive; partial ranges split. mprotect(2).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;
static void* volatile fault_address;
static volatile int fault_code;

static void handler(int, siginfo_t* info, void*) {
    fault_address = info->si_addr;
    fault_code = info->si_code;
    siglongjmp(point, 1);
}

enum Access { kRead, kWrite, kExecute };

static bool faults(char* address, enum Access access) {
    fault_address = NULL;
    if (sigsetjmp(point, 1) == 0) {
        if (access == kRead) (void)*(volatile char*)address;
        if (access == kWrite) *(volatile char*)address = *(volatile char*)address;
        if (access == kExecute) ((void (*)(void))address)();
        return false;
    }
    EXPECT(fault_address == address);
    EXPECT_EQ(fault_code, SEGV_ACCERR);
    return true;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGSEGV, handler, 0);
    char* pages = EXPECT_OK(mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(pages, 0xc3, 5 * 4096);  // ret
    EXPECT_OK(mprotect(pages + 1 * 4096, 4096, PROT_READ));
    EXPECT_OK(mprotect(pages + 2 * 4096, 4096, PROT_NONE));
    EXPECT_OK(mprotect(pages + 3 * 4096, 4096, PROT_READ | PROT_EXEC));
    static const bool expected[5][3] = {
        {false, false, true}, {false, true, true}, {true, true, true}, {false, true, false}, {false, false, true}};
    for (int page = 0; page < 5; page++)
        for (int access = kRead; access <= kExecute; access++)
            for (int offset = 0; offset < 4096; offset += 4095)
                EXPECT_EQ(faults(pages + page * 4096 + offset, access), expected[page][access]);
    EXPECT_OK(mprotect(pages, 5 * 4096, PROT_READ | PROT_WRITE));
    for (int i = 0; i < 5 * 4096; i++) EXPECT_EQ((unsigned char)pages[i], 0xc3);
    return 0;
}
