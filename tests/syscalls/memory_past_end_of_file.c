// SPDX-License-Identifier: Apache-2.0
//
// A file mapping beyond the file's last page raises SIGBUS with BUS_ADRERR and the address; so it does after
// ftruncate made the file shorter; growing the file makes it accessible; read(2) into such a page is EFAULT.
// mmap(2).
#include "testing.h"

#include <setjmp.h>

static sigjmp_buf point;
static siginfo_t last;

static void handler(int number, siginfo_t* info, void*) {
    last = *info;
    siglongjmp(point, number);
}

static int touch(volatile char* address) {
    int number = sigsetjmp(point, 1);
    if (number == 0) *address = 'x';
    return number;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    handle_with_info(SIGBUS, handler, 0);
    handle_with_info(SIGSEGV, handler, 0);
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    EXPECT_OK(ftruncate(fd, 5000));
    char* map = EXPECT_OK(mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    EXPECT_EQ(touch(map + 4999), 0);
    EXPECT_EQ(touch(map + 8191), 0);
    EXPECT_EQ(touch(map + 8192 + 5), SIGBUS);
    EXPECT(last.si_code == BUS_ADRERR && last.si_addr == map + 8192 + 5);
    EXPECT_OK(ftruncate(fd, 100));
    EXPECT_EQ(touch(map + 4096), SIGBUS);
    EXPECT_EQ(touch(map + 50), 0);
    int zero = EXPECT_OK(open("/dev/zero", O_RDONLY)), fds[2];
    EXPECT_OK(pipe(fds));
    EXPECT_ERRNO(read(zero, map + 4096, 10), EFAULT);
    EXPECT_ERRNO(write(fds[1], map + 4096, 10), EFAULT);
    EXPECT_OK(ftruncate(fd, 4 * 4096));
    EXPECT_EQ(touch(map + 3 * 4096), 0);
    EXPECT_EQ(map[4999], 0);  // cut off and zero again
    EXPECT_EQ(touch(map + 4096), 0);
    return 0;
}
