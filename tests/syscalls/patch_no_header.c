// SPDX-License-Identifier: Apache-2.0
//
// Code in a file without an ELF header, above a large reservation: its calls work, and nobody touches the reservation. mmap(2).
#include "testing.h"

enum { kPages = 4096 };

static const unsigned char kAsk[] = {0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0xc3};

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    const int fd = EXPECT_OK(open("code", O_RDWR | O_CREAT | O_CLOEXEC, 0755));
    char page[4096] = {0};
    EXPECT_EQ(write(fd, page, sizeof page), sizeof page);
    memcpy(page, kAsk, sizeof kAsk);
    EXPECT_EQ(write(fd, page, sizeof page), sizeof page);
    char* reserved = EXPECT_OK(
        mmap(NULL, (kPages + 1) * 4096UL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    EXPECT_OK(madvise(reserved, kPages * 4096UL, MADV_NOHUGEPAGE));
    char* code =
        EXPECT_OK(mmap(reserved + kPages * 4096UL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 4096));
    for (int i = 0; i < 40; i++) EXPECT_EQ(((long (*)(void))code)(), getppid());
    static unsigned char resident[kPages];
    EXPECT_OK(mincore(reserved, kPages * 4096UL, resident));
    for (int i = 0; i < kPages; i++) EXPECT_EQ(resident[i] & 1, 0);
    return 0;
}
