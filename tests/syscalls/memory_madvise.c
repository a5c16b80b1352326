// SPDX-License-Identifier: Apache-2.0
//
// madvise: DONTNEED zeroes private anonymous memory and drops private changes of a file mapping, FREE keeps
// or zeroes, DONTFORK and WIPEONFORK decide what a child has; bad advice is EINVAL, a hole ENOMEM.
// madvise(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "file", 0600);
    const int protection = PROT_READ | PROT_WRITE;
    char* area = EXPECT_OK(mmap(NULL, 8 * 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(area, 'm', 8 * 4096);
    EXPECT_OK(madvise(area + 4096, 2 * 4096, MADV_DONTNEED));
    for (int i = 0; i < 8; i++) EXPECT_EQ(area[i * 4096 + 9], i == 1 || i == 2 ? 0 : 'm');
    int fd = EXPECT_OK(open("file", O_RDWR));
    char* file = EXPECT_OK(mmap(NULL, 4096, protection, MAP_PRIVATE, fd, 0));
    file[0] = 'X';
    EXPECT_OK(madvise(file, 4096, MADV_DONTNEED));
    EXPECT_EQ(file[0], 'f');
    char* shared = shared_memory(4096);
    shared[0] = 's';
    EXPECT_OK(madvise(shared, 4096, MADV_DONTNEED));
    EXPECT_EQ(shared[0], 's');
    EXPECT_OK(madvise(area + 5 * 4096, 4096, MADV_FREE));
    EXPECT(area[5 * 4096] == 'm' || area[5 * 4096] == 0);
    area[5 * 4096] = 'n';
    EXPECT_EQ(area[5 * 4096], 'n');

    EXPECT_OK(madvise(area + 6 * 4096, 4096, MADV_WIPEONFORK));
    EXPECT_OK(madvise(area + 7 * 4096, 4096, MADV_DONTFORK));
    pid_t child = fork_child();
    if (child == 0) {
        unsigned char present;
        EXPECT_EQ(area[6 * 4096], 0);
        EXPECT_ERRNO(mincore(area + 7 * 4096, 4096, &present), ENOMEM);
        EXPECT_EQ(area[0], 'm');
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT(area[6 * 4096] == 'm' && area[7 * 4096] == 'm');

    EXPECT_ERRNO(madvise(area, 4096, 999), EINVAL);
    EXPECT_ERRNO(madvise(area + 1, 4096, MADV_NORMAL), EINVAL);
    EXPECT_OK(munmap(area + 4096, 4096));
    EXPECT_ERRNO(madvise(area, 3 * 4096, MADV_DONTNEED), ENOMEM);
    EXPECT(area[0] == 0 && area[2 * 4096] == 0);            // done around the hole
    EXPECT_ERRNO(madvise(area + 4096, 4096, 999), EINVAL);  // also where nothing is
    return 0;
}
