// SPDX-License-Identifier: Apache-2.0
//
// mremap: shrink, grow in place, move (contents kept, old range gone), MREMAP_FIXED replaces what is there,
// and its errors; a shared mapping of old size 0 is duplicated. mremap(2).
#include "testing.h"

static char* map(size_t pages) {
    return EXPECT_OK(mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static bool mapped(void* address) {
    unsigned char present;
    return mincore(address, 4096, &present) == 0;
}

int main(void) {
    watchdog(60);
    char* area = map(8);
    for (int i = 0; i < 8; i++) area[i * 4096] = (char)('a' + i);
    EXPECT(mremap(area, 8 * 4096, 4 * 4096, 0) == area);
    EXPECT(mapped(area + 3 * 4096) && !mapped(area + 4 * 4096));
    EXPECT(mremap(area, 4 * 4096, 6 * 4096, 0) == area);  // there is room
    EXPECT(area[3 * 4096] == 'd' && area[4 * 4096] == 0);
    EXPECT_OK(mmap(area + 6 * 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    EXPECT_ERRNO(mremap(area, 6 * 4096, 7 * 4096, 0), ENOMEM);
    char* moved = EXPECT_OK(mremap(area, 6 * 4096, 64 * 4096, MREMAP_MAYMOVE));
    EXPECT(moved != area && !mapped(area) && !mapped(area + 5 * 4096));
    EXPECT(moved[0] == 'a' && moved[3 * 4096] == 'd' && moved[63 * 4096] == 0);

    char* target = map(4);
    memset(target, 'T', 4 * 4096);
    EXPECT(mremap(moved, 2 * 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096) == target + 4096);
    EXPECT(target[0] == 'T' && target[4096] == 'a' && target[2 * 4096] == 'b' && target[3 * 4096] == 'T');
    EXPECT(!mapped(moved) && mapped(moved + 2 * 4096));
    EXPECT_ERRNO(mremap(moved, 4096, 8192, MREMAP_MAYMOVE), EFAULT);  // before anything else is put there

    char* shared = shared_memory(2 * 4096);
    char* twin = EXPECT_OK(mremap(shared, 0, 2 * 4096, MREMAP_MAYMOVE));
    shared[5000] = 'x';
    EXPECT_EQ(twin[5000], 'x');

    EXPECT_ERRNO(mremap(target + 1, 4096, 8192, MREMAP_MAYMOVE), EINVAL);
    EXPECT_ERRNO(mremap(target, 4096, 0, MREMAP_MAYMOVE), EINVAL);
    EXPECT_ERRNO(mremap(target, 4096, 4096, MREMAP_FIXED, shared), EINVAL);
    EXPECT_ERRNO(mremap(target, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096), EINVAL);
    EXPECT_ERRNO(mremap(target, 4096, 4096, 0x80), EINVAL);
    return 0;
}
