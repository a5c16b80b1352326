// SPDX-License-Identifier: Apache-2.0
//
// A call that fails leaves the addresses it names as they were: a gap under MAP_FIXED and MREMAP_FIXED stays one, and
// mseal over a gap seals nothing. mmap(2), mremap(2), mseal(2).
#include "testing.h"

enum { kPage = 4096 };

static void expect_gap(char* at) {
    EXPECT_OK(mmap(at, 2 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    EXPECT_OK(munmap(at, 2 * kPage));
}

int main(void) {
    watchdog(60);
    char* base = EXPECT_OK(mmap(NULL, 16 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* gap = base + 8 * kPage;
    EXPECT_OK(munmap(gap, 2 * kPage));
    int file = EXPECT_OK(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));

    EXPECT_ERRNO(mmap(gap, 2 * kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, -1, 0), EBADF);
    expect_gap(gap);
    EXPECT_ERRNO(mmap(gap, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0), EACCES);
    expect_gap(gap);
    EXPECT_ERRNO(mmap(gap, 2 * kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 1), EINVAL);
    expect_gap(gap);
    EXPECT_ERRNO(mmap(gap - kPage, 3 * kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, -1, 0), EBADF);
    expect_gap(gap);
    EXPECT_ERRNO(mremap(base, kPage, 2 * kPage, MREMAP_FIXED, gap), EINVAL);
    expect_gap(gap);

    long sealed = syscall(462 /* mseal */, gap - kPage, 2 * kPage, 0);
    EXPECT(sealed == -1 && (errno == ENOMEM || errno == ENOSYS));
    EXPECT_OK(munmap(gap - kPage, kPage));
    return 0;
}
