// SPDX-License-Identifier: Apache-2.0
//
// fork copies memory, descriptors (sharing their offsets), the working directory and the umask; later changes
// are each process's own; pids and ppids are right over three generations. fork(2).
#include "testing.h"

static int global = 1;

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int fd = EXPECT_OK(open("file", O_RDONLY));
    int local = 2, *heap = malloc(sizeof *heap);
    *heap = 3;
    pid_t parent = getpid();
    umask(027);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT(global == 1 && local == 2 && *heap == 3);
        global = local = *heap = 100;
        EXPECT_EQ(getppid(), parent);
        EXPECT(getpid() != parent);
        EXPECT_EQ(lseek(fd, 4, SEEK_SET), 4);
        EXPECT_EQ(umask(0), 027);
        EXPECT_OK(chdir("/"));
        pid_t self = getpid(), grandchild = fork_child();
        if (grandchild == 0) {
            EXPECT(getppid() == self && global == 100);
            EXPECT_OK(close(fd));
            _exit(6);
        }
        EXPECT_EXIT(grandchild, 6);
        _exit(5);
    }
    EXPECT_EXIT(child, 5);
    EXPECT(global == 1 && local == 2 && *heap == 3);
    char byte;
    EXPECT_EQ(read(fd, &byte, 1), 1);
    EXPECT_EQ(byte, '4');
    EXPECT_EQ(umask(022), 027);
    EXPECT_OK(access("file", F_OK));
    for (int i = 0; i < 200; i++) {
        child = fork_child();
        if (child == 0) _exit(i);
        EXPECT_EXIT(child, i);
    }
    return 0;
}
