// SPDX-License-Identifier: Apache-2.0
//
// mmap's, mprotect's and munmap's errors: EINVAL for a zero length, an odd offset or address, no MAP_SHARED
// or MAP_PRIVATE; EBADF, EACCES for files opened the wrong way, ENODEV, ENOMEM, and mprotect over a hole.
// mmap(2).
#include "testing.h"

static void* map(size_t size, int protection, int flags, int fd, off_t offset) {
    return (void*)syscall(SYS_mmap, NULL, size, protection, flags, fd, offset);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "text", 0600);
    int read_only = EXPECT_OK(open("file", O_RDONLY)), write_only = EXPECT_OK(open("file", O_WRONLY)), fds[2];
    int directory = EXPECT_OK(open(".", O_RDONLY));
    EXPECT_OK(pipe(fds));
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    EXPECT_ERRNO(map(0, PROT_READ, anonymous, -1, 0), EINVAL);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, read_only, 1), EINVAL);
    EXPECT_ERRNO(syscall(SYS_mmap, 4097, 4096, PROT_READ, anonymous | MAP_FIXED, -1, 0), EINVAL);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, 12345, 0), EBADF);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, write_only, 0), EACCES);
    EXPECT_ERRNO(map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0), EACCES);
    EXPECT_OK(map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, read_only, 0));
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, fds[0], 0), ENODEV);
    EXPECT_ERRNO(map(4096, PROT_READ, MAP_PRIVATE, directory, 0), ENODEV);
    EXPECT_ERRNO(map(1UL << 47, PROT_READ, anonymous, -1, 0), ENOMEM);
    EXPECT_ERRNO(map(~0UL, PROT_READ, anonymous, -1, 0), ENOMEM);
    EXPECT_ERRNO(syscall(SYS_mmap, 1UL << 47, 4096, PROT_READ, anonymous | MAP_FIXED, -1, 0), ENOMEM);

    char* pages = EXPECT_OK(map(3 * 4096, PROT_READ | PROT_WRITE, anonymous, -1, 0));
    EXPECT_OK(munmap(pages + 4096, 4096));
    EXPECT_ERRNO(mprotect(pages, 3 * 4096, PROT_READ), ENOMEM);
    EXPECT_ERRNO(mprotect(pages + 1, 4096, PROT_READ), EINVAL);
    EXPECT_ERRNO(mprotect(pages, 4096, 0x40), EINVAL);
    EXPECT_OK(mprotect(pages, 0, PROT_READ));
    char* shared = EXPECT_OK(map(4096, PROT_READ, MAP_SHARED, read_only, 0));
    EXPECT_ERRNO(mprotect(shared, 4096, PROT_READ | PROT_WRITE), EACCES);
    EXPECT_ERRNO(munmap((void*)(1UL << 47), 4096), EINVAL);
    return 0;
}
