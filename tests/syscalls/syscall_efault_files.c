// SPDX-License-Identifier: Apache-2.0
//
// Bad pointers in calls on files give EFAULT and do no harm: unmapped, unreadable, read-only for results,
// kernel addresses, a string that runs into an unmapped page. Raw calls; intro(2), the ERRORS of each page.
#include "testing.h"

#include <sys/uio.h>

int main(void) {
    watchdog(60);
    char* pages = EXPECT_OK(mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char *read_only = pages, *none = pages + 2 * 4096;
    EXPECT_OK(munmap(none, 4096));
    memset(pages + 4096, 'a', 4096);  // a string without an end before the hole
    char* unterminated = none - 10;
    EXPECT_OK(mprotect(read_only, 4096, PROT_READ));
    int fds[2], zero = EXPECT_OK(open("/dev/zero", O_RDONLY));
    EXPECT_OK(pipe(fds));
    void* bad[] = {none, (void*)8, (void*)0xffff800000000000, (void*)0x8000000000000000, (void*)-4096L};
    struct stat status;
    for (int i = 0; i < 5; i++) {
        EXPECT_ERRNO(syscall(SYS_stat, bad[i], &status), EFAULT);
        EXPECT_ERRNO(syscall(SYS_stat, "/", bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_open, bad[i], O_RDONLY), EFAULT);
        EXPECT_ERRNO(syscall(SYS_openat, AT_FDCWD, bad[i], O_RDONLY), EFAULT);
        EXPECT_ERRNO(syscall(SYS_read, zero, bad[i], 16), EFAULT);
        EXPECT_ERRNO(syscall(SYS_write, fds[1], bad[i], 16), EFAULT);
        EXPECT_ERRNO(syscall(SYS_writev, fds[1], bad[i], 1), EFAULT);
        EXPECT_ERRNO(syscall(SYS_pipe2, bad[i], 0), EFAULT);
        EXPECT_ERRNO(syscall(SYS_getcwd, bad[i], 4096), EFAULT);
        EXPECT_ERRNO(syscall(SYS_readlink, "/proc/self/exe", bad[i], 100), EFAULT);
        EXPECT_ERRNO(syscall(SYS_access, bad[i], 0), EFAULT);
        EXPECT_ERRNO(syscall(SYS_rename, bad[i], "/none"), EFAULT);
        EXPECT_ERRNO(syscall(SYS_poll, bad[i], 1, 0), EFAULT);
        EXPECT_ERRNO(syscall(SYS_uname, bad[i]), EFAULT);
        EXPECT_ERRNO(syscall(SYS_fcntl, fds[0], F_SETLK, bad[i]), EFAULT);
    }
    EXPECT_ERRNO(syscall(SYS_read, zero, read_only, 16), EFAULT);
    EXPECT_ERRNO(syscall(SYS_stat, "/", read_only), EFAULT);
    EXPECT_ERRNO(syscall(SYS_pipe2, read_only, 0), EFAULT);
    EXPECT_ERRNO(syscall(SYS_stat, unterminated, &status), EFAULT);
    EXPECT_ERRNO(syscall(SYS_writev, fds[1], &(struct iovec){none, 4}, 1), EFAULT);
    EXPECT_EQ(syscall(SYS_read, zero, none, 0), 0);
    EXPECT_EQ(syscall(SYS_write, fds[1], read_only, 16), 16);
    EXPECT_EQ(syscall(SYS_stat, "/", &status), 0);
    int fd = EXPECT_OK(dup(0));
    EXPECT(fd <= fds[1] + 1);  // the failed pipe2 calls left no descriptor behind
    return 0;
}
