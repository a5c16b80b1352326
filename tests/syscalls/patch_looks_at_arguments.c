// SPDX-License-Identifier: Apache-2.0
//
// Calls whose arguments are looked at before the kernel gets them: fstat by its modern name, with a path that is empty, is not, is
// nowhere; calls with two descriptors, in either place one that is none. Often enough that the sites are rewritten. Each gives
// what the kernel gives, and no fault becomes a signal. fstatat(2), sendfile(2), epoll_ctl(2), close(2), dup(2).
#include "testing.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { kRounds = 40 };

// glibc's own does more than the call (fstatat with AT_EMPTY_PATH looks at the path).
static long stat_at(int fd, const char* path, struct stat* status, int flags) {
    register long r10 __asm__("r10") = flags;
    long result;
    __asm__ volatile("mov $262, %%eax\n\tsyscall"
                     : "=a"(result)
                     : "D"((long)fd), "S"(path), "d"(status), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static void on_signal(int signal) {
    (void)signal;
    EXPECT(!"no signal");
}

int main(void) {
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    const int file = open("/etc/passwd", O_RDONLY), sink = open("/dev/null", O_WRONLY), poll = epoll_create1(0);
    int ends[2];
    EXPECT(file >= 0 && sink >= 0 && poll >= 0);
    EXPECT_EQ(pipe(ends), 0);
    char* const page = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_EQ(mprotect(page + 4096, 4096, PROT_NONE), 0);
    struct stat expected, status;
    EXPECT_EQ(stat("/etc/passwd", &expected), 0);
    for (int i = 0; i < kRounds; i++) {
        EXPECT_EQ(stat_at(file, "", &status, AT_EMPTY_PATH), 0);
        EXPECT_EQ(status.st_ino, expected.st_ino);
        EXPECT_EQ(stat_at(AT_FDCWD, "", &status, AT_EMPTY_PATH), 0);
        EXPECT(S_ISDIR(status.st_mode));
        EXPECT_EQ(stat_at(file, "/etc/passwd", &status, AT_EMPTY_PATH), 0);
        EXPECT_EQ(status.st_ino, expected.st_ino);
        EXPECT_EQ(stat_at(file, "", &status, 0), -ENOENT);
        EXPECT_EQ(stat_at(file, "", &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), 0);
        EXPECT_EQ(stat_at(file, page + 4095, &status, AT_EMPTY_PATH), 0);
        for (int j = 0; j < 2; j++) {
            const int flags = j == 0 ? AT_EMPTY_PATH : AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
            EXPECT_EQ(stat_at(file, page + 4096, &status, flags), -EFAULT);
            EXPECT_EQ(stat_at(file, (const char*)1, &status, flags), -EFAULT);
            EXPECT_EQ(stat_at(file, (const char*)(uintptr_t)0x8000000000000000, &status, flags), -EFAULT);
        }
        EXPECT_EQ(stat_at(file, "", (struct stat*)1, AT_EMPTY_PATH), -EFAULT);
        EXPECT_EQ(stat_at(-1, "", &status, AT_EMPTY_PATH), -EBADF);
        EXPECT_EQ(stat_at(1003, "", &status, AT_EMPTY_PATH), -EBADF);  // the runtime's, or nobody's

        off_t offset = 0;
        EXPECT_EQ(sendfile(ends[1], file, &offset, 1), 1);
        char byte;
        EXPECT_EQ(read(ends[0], &byte, 1), 1);
        EXPECT_ERRNO(sendfile(ends[1], 1003, NULL, 1), EBADF);
        EXPECT_ERRNO(sendfile(1003, file, NULL, 1), EBADF);
        EXPECT_ERRNO(sendfile(ends[1], -1, NULL, 1), EBADF);
        EXPECT_ERRNO(sendfile(70000, file, NULL, 1), EBADF);

        struct epoll_event event = {.events = EPOLLIN};
        EXPECT_EQ(epoll_ctl(poll, EPOLL_CTL_ADD, ends[0], &event), 0);
        EXPECT_EQ(epoll_ctl(poll, EPOLL_CTL_DEL, ends[0], NULL), 0);
        EXPECT_ERRNO(epoll_ctl(poll, EPOLL_CTL_ADD, 1003, &event), EBADF);
        EXPECT_ERRNO(epoll_ctl(1003, EPOLL_CTL_ADD, ends[0], &event), EBADF);

        EXPECT_ERRNO(close(1003), EBADF);
        EXPECT_ERRNO(dup(1003), EBADF);
        const int copy = dup(sink);
        EXPECT(copy >= 0);
        EXPECT_EQ(close(copy), 0);
        EXPECT_ERRNO(close(copy), EBADF);
    }
    return 0;
}
