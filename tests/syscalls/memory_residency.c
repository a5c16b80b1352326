// SPDX-License-Identifier: Apache-2.0
//
// mincore tells touched pages from untouched ones; mlock makes them resident, MLOCK_ONFAULT does not, munlock
// undoes it; VmLck in /proc/self/status; errors. mincore(2), mlock(2).
#include "testing.h"

static long locked_kilobytes(void) {
    static char text[8192];
    read_file("/proc/self/status", text, sizeof text);
    char* line = strstr(text, "\nVmLck:");
    EXPECT(line != NULL);
    return atol(line + 7);
}

int main(void) {
    watchdog(60);
    char* area = EXPECT_OK(mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(area, 8 * 4096, MADV_NOHUGEPAGE);  // EINVAL where there are no huge pages
    area[2 * 4096] = 1;
    unsigned char present[8];
    EXPECT_OK(mincore(area, 8 * 4096, present));
    for (int i = 0; i < 8; i++) EXPECT_EQ(present[i] & 1, i == 2);
    long before = locked_kilobytes();
    if (mlock(area + 4 * 4096, 2 * 4096) == -1) SKIP("mlock: %s", strerror(errno));
    EXPECT_OK(mincore(area, 8 * 4096, present));
    for (int i = 0; i < 8; i++) EXPECT_EQ(present[i] & 1, i == 2 || i == 4 || i == 5);
    EXPECT_EQ(locked_kilobytes(), before + 8);
    EXPECT_OK(munlock(area, 8 * 4096));
    EXPECT_EQ(locked_kilobytes(), before);
    EXPECT_OK(syscall(SYS_mlock2, area + 7 * 4096, 4096, 1 /* MLOCK_ONFAULT */));
    EXPECT_OK(mincore(area, 8 * 4096, present));
    EXPECT_EQ(present[7] & 1, 0);
    EXPECT_OK(munlock(area, 8 * 4096));

    EXPECT_OK(munmap(area + 4096, 4096));
    EXPECT_ERRNO(mincore(area, 2 * 4096, present), ENOMEM);
    EXPECT_ERRNO(mincore(area + 1, 4096, present), EINVAL);
    EXPECT_ERRNO(mincore(area, 4096, (void*)8), EFAULT);
    EXPECT_ERRNO(mlock(area, 2 * 4096), ENOMEM);
    return 0;
}
