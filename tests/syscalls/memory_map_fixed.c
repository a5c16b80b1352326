// SPDX-License-Identifier: Apache-2.0
//
// MAP_FIXED replaces exactly its range of older mappings; MAP_FIXED_NOREPLACE fails with EEXIST when any page
// is taken and maps there otherwise; mappings at low addresses work above the system's minimum. mmap(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    char* area = EXPECT_OK(mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(area, 'o', 8 * 4096);
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    EXPECT(mmap(area + 2 * 4096, 3 * 4096, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED, -1, 0) == area + 2 * 4096);
    for (int i = 0; i < 8; i++) EXPECT_EQ(area[i * 4096 + 77], i >= 2 && i < 5 ? 0 : 'o');

    EXPECT_ERRNO(mmap(area, 4096, PROT_READ, anonymous | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    EXPECT_OK(munmap(area + 4 * 4096, 2 * 4096));
    EXPECT_ERRNO(mmap(area + 4 * 4096, 3 * 4096, PROT_READ, anonymous | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    EXPECT_ERRNO(mmap(area + 3 * 4096, 3 * 4096, PROT_READ, anonymous | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    EXPECT(mmap(area + 4 * 4096, 2 * 4096, PROT_READ, anonymous | MAP_FIXED_NOREPLACE, -1, 0) == area + 4 * 4096);
    EXPECT_EQ(area[3 * 4096 + 77] + area[6 * 4096 + 77], 'o');

    for (uintptr_t address = 0x10000; address < 0x100000000; address *= 16) {
        char* low = mmap((void*)address, 4096, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
        if (low == MAP_FAILED && (errno == EPERM || errno == EEXIST)) continue;
        EXPECT(low == (char*)address);
        *low = 1;
        EXPECT_OK(munmap(low, 4096));
    }
    char* below_4g = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, anonymous | MAP_32BIT, -1, 0));
    EXPECT((uintptr_t)below_4g < 1UL << 31);
    return 0;
}
