// SPDX-License-Identifier: Apache-2.0
//
// MREMAP_DONTUNMAP moves the pages and leaves the old range mapped and empty; with MREMAP_FIXED at a chosen
// place; it needs MREMAP_MAYMOVE and equal sizes. mremap(2).
#include "testing.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

int main(void) {
    watchdog(60);
    char* area = EXPECT_OK(mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(area, 'q', 4 * 4096);
    char* moved = mremap(area, 4 * 4096, 4 * 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    if (moved == MAP_FAILED && errno == EINVAL) SKIP("this kernel has no MREMAP_DONTUNMAP");
    EXPECT(moved != MAP_FAILED && moved != area);
    for (int i = 0; i < 4 * 4096; i++) EXPECT(moved[i] == 'q' && area[i] == 0);
    area[0] = 'n';
    EXPECT_EQ(moved[0], 'q');

    char* place = EXPECT_OK(mmap(NULL, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT(mremap(moved, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, place + 4096) == place + 4096);
    EXPECT(place[4096] == 'q' && moved[0] == 0 && moved[4096] == 'q');
    EXPECT_ERRNO(mremap(moved, 4096, 4096, MREMAP_DONTUNMAP, NULL), EINVAL);
    EXPECT_ERRNO(mremap(moved, 4096, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL), EINVAL);
    return 0;
}
