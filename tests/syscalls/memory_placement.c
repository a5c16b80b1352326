// SPDX-License-Identifier: Apache-2.0
//
// NUMA policy on a machine of any size: get_mempolicy, mbind, set_mempolicy on node 0, move_pages tells where pages are,
// flags and modes that mean nothing are EINVAL, memory that is not there EFAULT or ENOENT; getcpu. numa(7).
#include "testing.h"

#include <linux/mempolicy.h>

int main(void) {
    watchdog(60);
    int mode = -1;
    unsigned long nodes = 1, got[16] = {0};
    if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) == -1) SKIP("get_mempolicy: %s", strerror(errno));
    EXPECT_EQ(mode, MPOL_DEFAULT);
    EXPECT_OK(syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 64));
    EXPECT_OK(syscall(SYS_get_mempolicy, &mode, got, 1024, NULL, 0));
    EXPECT_EQ(mode, MPOL_BIND);
    EXPECT_EQ(got[0], 1);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0));
        _exit(mode);  // inherited
    }
    EXPECT_EXIT(child, MPOL_BIND);
    EXPECT_OK(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
    EXPECT_ERRNO(syscall(SYS_set_mempolicy, 99, &nodes, 64), EINVAL);

    char* memory = EXPECT_OK((char*)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memory[0] = 1;
    EXPECT_OK(syscall(SYS_mbind, memory, 8192, MPOL_BIND, &nodes, 64, 0));
    EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, memory, MPOL_F_ADDR));
    EXPECT_EQ(mode, MPOL_BIND);
    EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, memory, MPOL_F_ADDR | MPOL_F_NODE));
    EXPECT_EQ(mode, 0);  // the node that the page is on
    EXPECT_OK(syscall(SYS_mbind, memory, 8192, MPOL_DEFAULT, NULL, 0, 0));
    EXPECT_ERRNO(syscall(SYS_mbind, memory + 1, 4096, MPOL_DEFAULT, NULL, 0, 0), EINVAL);
    EXPECT_ERRNO(syscall(SYS_mbind, memory, 4096, MPOL_DEFAULT, NULL, 0, 0x100), EINVAL);

    void* pages[2] = {memory, memory + 4096};
    int status[2] = {99, 99};
    EXPECT_OK(syscall(SYS_move_pages, 0, 2, pages, NULL, status, 0));
    EXPECT_EQ(status[0], 0);
    EXPECT_EQ(status[1], -ENOENT);  // never touched
    EXPECT_ERRNO(syscall(SYS_move_pages, 0, 2, pages, NULL, 8L, 0), EFAULT);
    EXPECT_ERRNO(syscall(SYS_move_pages, 0, 2, pages, NULL, status, 0x100), EINVAL);
    unsigned cpu = 999, node = 999;
    EXPECT_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
    EXPECT(cpu < 999 && node < 999);
    return 0;
}
