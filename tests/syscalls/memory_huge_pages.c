// SPDX-License-Identifier: Apache-2.0
//
// Mappings of huge pages are as long as whole huge pages, whatever length mmap or mremap was given: they can be protected and
// unmapped as such. None is touched, so none needs to be there. mmap(2), "Huge page (Huge TLB) mappings".
#include "testing.h"

enum { kAsked = 3 * 4096 };
static const size_t kHuge = 2 << 20;

static void expect_whole(char* at) {
    EXPECT_OK(mprotect(at, kHuge, PROT_READ));
    EXPECT_OK(mprotect(at, kHuge, PROT_READ | PROT_WRITE));
    EXPECT_ERRNO(munmap(at, kAsked), EINVAL);
    EXPECT_OK(munmap(at, kHuge));
    EXPECT_ERRNO(mprotect(at, kHuge, PROT_READ), ENOMEM);
}

int main(void) {
    watchdog(60);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB | 21 << 26 /* of 2 MiB */;
    char* at = mmap(NULL, kAsked, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (at == MAP_FAILED) SKIP("the kernel maps no huge pages of 2 MiB: %s", strerror(errno));
    expect_whole(at);

    // A fixed one replaces all of them.
    char* room = EXPECT_OK(mmap(NULL, 3 * kHuge, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* fixed = (char*)(((uintptr_t)room + kHuge - 1) & ~(kHuge - 1));
    EXPECT(EXPECT_OK(mmap(fixed, kAsked, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0)) == fixed);
    char* from = EXPECT_OK(mmap(NULL, kAsked, PROT_READ | PROT_WRITE, flags, -1, 0));
    expect_whole(fixed);

    // As does one that moves there.
    EXPECT(EXPECT_OK(mremap(from, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, fixed)) == fixed);
    EXPECT_ERRNO(mprotect(from + kHuge / 2, kHuge / 2, PROT_READ), ENOMEM);
    expect_whole(fixed);

    int file = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | 21 << 26);
    if (file == -1) SKIP("no memory files of huge pages: %s", strerror(errno));
    EXPECT_OK(ftruncate(file, kHuge));
    expect_whole(EXPECT_OK(mmap(NULL, kAsked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0)));
    return 0;
}
