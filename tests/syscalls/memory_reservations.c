// SPDX-License-Identifier: Apache-2.0
//
// Big address space without memory: 1 TiB of PROT_NONE and of NORESERVE, single pages of it committed,
// decommitted and released anywhere (as OpenJDK, Go and sanitizers do); alignment by over-allocating.
// mmap(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    const size_t terabyte = 1UL << 40;
    char* reserved = mmap(NULL, terabyte, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) SKIP("mmap of 1 TiB: %s", strerror(errno));
    for (size_t offset = 0; offset < terabyte; offset += terabyte / 16) {
        EXPECT_OK(mprotect(reserved + offset, 4096, PROT_READ | PROT_WRITE));
        reserved[offset] = 'r';
    }
    for (size_t offset = 0; offset < terabyte; offset += terabyte / 16) EXPECT_EQ(reserved[offset], 'r');
    EXPECT(mmap(reserved, 1UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
           reserved);
    EXPECT_OK(mprotect(reserved, 4096, PROT_READ));
    EXPECT_EQ(reserved[0], 0);
    EXPECT_OK(munmap(reserved + terabyte / 2, terabyte / 2));
    EXPECT_EQ(reserved[terabyte / 4], 'r');
    EXPECT_OK(munmap(reserved, terabyte / 2));

    char* writable = mmap(NULL, 64UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (writable == MAP_FAILED) SKIP("mmap of 64 GiB: %s", strerror(errno));
    for (size_t offset = 0; offset < 64UL << 30; offset += 4UL << 30) writable[offset] = 'w';
    pid_t child = fork_child();
    if (child == 0) {
        writable[4UL << 30] = 'c';
        _exit(writable[8UL << 30] == 'w' ? 0 : 1);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(writable[4UL << 30], 'w');
    EXPECT_OK(munmap(writable, 64UL << 30));

    const size_t alignment = 64 << 20;
    char* area = EXPECT_OK(mmap(NULL, 2 * alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* aligned = (char*)(((uintptr_t)area + alignment - 1) & ~(alignment - 1));
    if (aligned > area) EXPECT_OK(munmap(area, (size_t)(aligned - area)));
    if (aligned < area + alignment) EXPECT_OK(munmap(aligned + alignment, (size_t)(area + alignment - aligned)));
    EXPECT_OK(mprotect(aligned, alignment, PROT_READ | PROT_WRITE));
    aligned[alignment - 1] = 1;
    return 0;
}
