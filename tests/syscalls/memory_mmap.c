// SPDX-License-Identifier: Apache-2.0
//
// mmap: anonymous memory is zero, page-aligned and disjoint; a file mapping shows the file from its offset,
// zeros after its end; munmap of a part leaves the rest; hints are taken when free; zero length and odd
// offsets are EINVAL. mmap(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char* first = EXPECT_OK(mmap(NULL, 10 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* second = EXPECT_OK(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT((uintptr_t)first % 4096 == 0 && (uintptr_t)second % 4096 == 0);
    EXPECT(second >= first + 10 * 4096 || second + 4096 <= first);
    for (int i = 0; i < 10 * 4096; i++) EXPECT_EQ(first[i], 0);
    memset(first, 1, 10 * 4096);
    EXPECT_OK(munmap(first + 3 * 4096, 2 * 4096));
    EXPECT_EQ(first[3 * 4096 - 1] + first[5 * 4096], 2);
    EXPECT_ERRNO(madvise(first + 3 * 4096, 4096, MADV_NORMAL), ENOMEM);
    char* again = EXPECT_OK(mmap(first + 3 * 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT(again == first + 3 * 4096);  // the hint is free
    EXPECT_EQ(*again, 0);
    char* elsewhere = EXPECT_OK(mmap(first, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT(elsewhere != first);  // the hint is taken

    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    char block[5000];
    for (int i = 0; i < 5000; i++) block[i] = (char)(i / 100);
    EXPECT_EQ(write(fd, block, sizeof block), sizeof block);
    char* file = EXPECT_OK(mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0));
    char* tail = EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096));
    EXPECT_OK(close(fd));  // the mappings stay
    EXPECT_EQ(memcmp(file, block, sizeof block), 0);
    EXPECT_EQ(memcmp(tail, block + 4096, sizeof block - 4096), 0);
    for (int i = 5000; i < 8192; i++) EXPECT(file[i] == 0 && tail[i - 4096] == 0);

    EXPECT_OK(munmap(first, 10 * 4096));
    EXPECT_OK(munmap(first, 10 * 4096));  // nothing there: still no error
    EXPECT_ERRNO(munmap(first + 1, 4096), EINVAL);
    EXPECT_ERRNO(munmap(first, 0), EINVAL);
    return 0;
}
