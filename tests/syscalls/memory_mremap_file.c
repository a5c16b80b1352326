// SPDX-License-Identifier: Apache-2.0
//
// mremap of mapped files: a shared mapping that grows shows more of the file, one that shrinks or moves still shows the same, one of
// old size 0 is a second view; what is stored through any of them is in the file. A private one keeps what was stored. mremap(2).
#include "testing.h"

enum { kPage = 4096, kPages = 8 };

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char page[kPage];
    const int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    for (int i = 0; i < kPages; i++) {
        memset(page, 'a' + i, kPage);
        EXPECT_EQ(write(fd, page, kPage), kPage);
    }
    char* view = EXPECT_OK(mmap(NULL, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, kPage));
    EXPECT(view[0] == 'b' && view[kPage] == 'c');
    view = EXPECT_OK(mremap(view, 2 * kPage, 6 * kPage, MREMAP_MAYMOVE));
    EXPECT(view[0] == 'b' && view[5 * kPage] == 'g');
    view[5 * kPage] = 'X';
    EXPECT_EQ(pread(fd, page, 1, 6 * kPage), 1);
    EXPECT_EQ(page[0], 'X');
    EXPECT_EQ(pwrite(fd, "Y", 1, 5 * kPage), 1);
    EXPECT_EQ(view[4 * kPage], 'Y');

    char* const target = EXPECT_OK(mmap(NULL, 8 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT(mremap(view, 6 * kPage, 3 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target + kPage) == target + kPage);
    view = target + kPage;
    EXPECT(view[0] == 'b' && view[2 * kPage] == 'd');
    view[2 * kPage] = 'Z';
    EXPECT(mremap(view, 3 * kPage, kPage, 0) == view);
    EXPECT_EQ(pread(fd, page, 1, 3 * kPage), 1);
    EXPECT_EQ(page[0], 'Z');

    char* const twin = EXPECT_OK(mremap(view, 0, 2 * kPage, MREMAP_MAYMOVE));
    EXPECT(twin != view && twin[0] == 'b' && twin[kPage] == 'c');
    twin[0] = 'T';
    EXPECT_EQ(view[0], 'T');
    EXPECT_OK(munmap(view, kPage));
    twin[1] = 'U';
    EXPECT_OK(msync(twin, 2 * kPage, MS_SYNC));
    EXPECT_EQ(pread(fd, page, 2, kPage), 2);
    EXPECT(page[0] == 'T' && page[1] == 'U');
    EXPECT_OK(munmap(twin, 2 * kPage));

    char* own = EXPECT_OK(mmap(NULL, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    own[0] = 'P';
    own = EXPECT_OK(mremap(own, 2 * kPage, 4 * kPage, MREMAP_MAYMOVE));
    EXPECT(own[0] == 'P' && own[kPage] == 'T');
    EXPECT_EQ(pread(fd, page, 1, 0), 1);
    EXPECT_EQ(page[0], 'a');
    EXPECT_ERRNO(mremap(own, 4 * kPage, 4 * kPage, MREMAP_FIXED, target), EINVAL);

    // The file is cut and grows again under a mapping.
    char* whole = EXPECT_OK(mmap(NULL, kPages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    EXPECT_OK(ftruncate(fd, kPage));
    EXPECT_OK(ftruncate(fd, 12 * kPage));
    EXPECT_EQ(whole[4 * kPage], 0);
    whole = EXPECT_OK(mremap(whole, kPages * kPage, 12 * kPage, MREMAP_MAYMOVE));
    whole[11 * kPage] = 'E';
    EXPECT_EQ(pread(fd, page, 1, 11 * kPage), 1);
    EXPECT_EQ(page[0], 'E');
    return 0;
}
