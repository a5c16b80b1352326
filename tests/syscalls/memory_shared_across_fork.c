// SPDX-License-Identifier: Apache-2.0
//
// MAP_SHARED memory, anonymous or of a file, is one for parent and children; MAP_PRIVATE is copied on write
// in both directions; a shared file mapping and read/write see each other. mmap(2), fork(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int fd = EXPECT_OK(open("file", O_RDWR));
    volatile char* anonymous = shared_memory(4096);
    char* file = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    char* private_file = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    char* private = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    private[0] = 'p';
    private_file[1] = 'P';
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT(private[0] == 'p' && private_file[1] == 'P');
        private[0] = 'c';
        private_file[1] = 'C';
        file[2] = 'F';
        anonymous[100] = 'A';
        while (anonymous[101] != 'B') sched_yield();
        EXPECT_EQ(file[3], 'G');
        EXPECT_EQ(private[1], 0);
        _exit(0);
    }
    while (anonymous[100] != 'A') sched_yield();
    EXPECT_EQ(file[2], 'F');
    EXPECT(private[0] == 'p' && private_file[1] == 'P');
    private[1] = 'x';
    file[3] = 'G';
    anonymous[101] = 'B';
    EXPECT_EXIT(child, 0);

    char text[16];
    EXPECT_EQ(pread(fd, text, sizeof text, 0), 10);
    EXPECT(memcmp(text, "01FG456789", 10) == 0);
    EXPECT_EQ(pwrite(fd, "zz", 2, 5), 2);
    EXPECT(file[5] == 'z' && file[6] == 'z');
    EXPECT_OK(msync(file, 4096, MS_SYNC));
    EXPECT_ERRNO(msync(file, 4096, MS_SYNC | MS_ASYNC), EINVAL);
    EXPECT_OK(munmap(private, 4096));
    EXPECT_ERRNO(msync(private, 4096, MS_SYNC), ENOMEM);
    return 0;
}
