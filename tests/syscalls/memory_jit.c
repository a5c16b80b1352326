// SPDX-License-Identifier: Apache-2.0
//
// Generated code runs after mprotect from RW to RX, in the thread that made it and in others; a second
// mapping of the same memfd makes writable and executable views; changed code is what runs next; writing to
// RX faults. mprotect(2).
#include "testing.h"

#include <setjmp.h>

typedef int (*Function)(int);
static sigjmp_buf point;
static void handler(int) { siglongjmp(point, 1); }

static void emit(unsigned char* at, int addend) {  // lea addend(%rdi),%eax; ret
    unsigned char code[] = {0x8d, 0x87, 0, 0, 0, 0, 0xc3};
    memcpy(code + 2, &addend, 4);
    memcpy(at, code, sizeof code);
}

static void* call(void* function) { return (void*)(size_t)((Function)function)(5); }

int main(void) {
    watchdog(60);
    handle_with(SIGSEGV, handler, 0);
    unsigned char* page = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int i = 0; i < 100; i++) {
        EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
        emit(page, i);
        EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
        EXPECT_EQ(((Function)page)(10), 10 + i);
        if (i % 10 == 0) EXPECT_EQ((size_t)join_thread(start_thread(call, page)), 5 + i);
    }
    if (sigsetjmp(point, 1) == 0) {
        *(volatile unsigned char*)page = 0xc3;
        EXPECT(false);
    }
    EXPECT_EQ(page[0], 0x8d);

    int fd = memfd_create("code", MFD_CLOEXEC);
    if (fd == -1) return 0;
    EXPECT_OK(ftruncate(fd, 4096));
    unsigned char* writable = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    unsigned char* executable = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
    for (int i = 0; i < 100; i++) {
        emit(writable + 64, i);
        EXPECT_EQ(((Function)(executable + 64))(1), 1 + i);
    }
    return 0;
}
