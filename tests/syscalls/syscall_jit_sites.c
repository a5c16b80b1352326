// SPDX-License-Identifier: Apache-2.0
//
// System calls from generated code: code that is replaced at the same address (by munmap and mmap, by
// rewriting while writable, by MAP_FIXED over it) makes the new call, not a remembered one; an RWX page
// works. mmap(2), mprotect(2).
#include "testing.h"

typedef long (*Code)(void);

static void emit(unsigned char* at, int number) {
    unsigned char code[] = {0xb8, (unsigned char)number, (unsigned char)(number >> 8), 0, 0, 0x0f, 0x05, 0xc3};
    memcpy(at, code, sizeof code);
}

static void expect_call(unsigned char* at, int number) {
    long expected = number == SYS_getpid ? getpid() : number == SYS_gettid ? own_tid() : getppid();
    for (int i = 0; i < 100; i++) EXPECT_EQ(((Code)at)(), expected);
}

int main(void) {
    watchdog(60);
    static const int calls[] = {SYS_getpid, SYS_getppid, SYS_gettid};
    unsigned char* page = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int round = 0; round < 30; round++) {
        int number = calls[round % 3];
        switch (round / 3 % 3) {
            case 0: EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE)); break;
            case 1:
                EXPECT_OK(munmap(page, 4096));
                EXPECT(mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                       page);
                break;
            case 2:
                EXPECT(mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                       page);
                break;
        }
        emit(page + 16, number);
        EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
        expect_call(page + 16, number);
    }
    unsigned char* rwx = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (rwx != MAP_FAILED) {  // some systems refuse writable and executable memory
        for (int round = 0; round < 30; round++) {
            emit(rwx, calls[round % 3]);
            expect_call(rwx, calls[round % 3]);
        }
    }
    return 0;
}
