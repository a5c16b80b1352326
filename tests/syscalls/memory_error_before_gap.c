// SPDX-License-Identifier: Apache-2.0
//
// mprotect and madvise go through a range from its beginning: an error of the first mapping comes before the ENOMEM of
// a gap behind it, and MADV_POPULATE_* ends at a gap. mprotect(2), madvise(2).
#include "testing.h"

enum { kPage = 4096 };

int main(void) {
    watchdog(60);
    int file = EXPECT_OK(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    char* at = EXPECT_OK(mmap(NULL, 3 * kPage, PROT_READ, MAP_SHARED, file, 0));
    EXPECT_OK(munmap(at + kPage, 2 * kPage));
    EXPECT_ERRNO(mprotect(at, 2 * kPage, PROT_READ | PROT_WRITE), EACCES);
    EXPECT_ERRNO(mprotect(at, 2 * kPage, PROT_READ), ENOMEM);

    // Reserved from beginning to end, so that nothing else gets into the gap.
    char* area = EXPECT_OK(mmap(NULL, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_OK(mprotect(area + 2 * kPage, kPage, PROT_NONE));
    EXPECT_OK(munmap(area, kPage));
    if (madvise(area + kPage, kPage, 22 /* MADV_POPULATE_READ */) == -1 && errno == EINVAL) return 0;
    EXPECT_ERRNO(madvise(area, 3 * kPage, 22), ENOMEM);
    EXPECT(madvise(area + kPage, 2 * kPage, 22) == -1 && errno != ENOMEM);
    return 0;
}
