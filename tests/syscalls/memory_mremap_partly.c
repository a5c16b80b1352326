// SPDX-License-Identifier: Apache-2.0
//
// mremap(2) of several mappings to a place where nothing was: if one of them cannot move, those before it may have moved (Linux 6.17).
// Either way no byte is lost.
#include "testing.h"

#include <fcntl.h>
#include <sys/mman.h>

int main(void) {
    watchdog(60);
    const size_t page = 4096;
    for (int flags = 0; flags <= MREMAP_DONTUNMAP; flags += MREMAP_DONTUNMAP) {
        const int file = EXPECT_OK(open("/dev/zero", O_RDONLY));  // a mapping of which moves alone
        char* area = mmap(NULL, 8 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(area != MAP_FAILED);
        char* const target = area + 4 * page;
        EXPECT_OK(munmap(target, 3 * page));
        EXPECT_EQ(mmap(area, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), area);
        EXPECT_EQ(mmap(area + page, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0), area + page);
        strcpy(area, "kept");

        const char* const moved = mremap(area, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED | flags, target);
        if (moved == MAP_FAILED) EXPECT(errno == EFAULT || errno == EINVAL);
        const char* const seen[] = {area, target};
        int found = 0;
        for (int i = 0; i < 2; i++) {
            int ends[2];
            char bytes[5] = "";
            EXPECT_OK(pipe(ends));
            if (write(ends[1], seen[i], 5) == 5 && read(ends[0], bytes, 5) == 5) found += strcmp(bytes, "kept") == 0;
            close(ends[0]);
            close(ends[1]);
        }
        EXPECT_EQ(found, 1);
        munmap(area, 8 * page);
        close(file);
    }
    return 0;
}
