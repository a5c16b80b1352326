// SPDX-License-Identifier: Apache-2.0
//
// Numbers that no call has fail with ENOSYS: beyond the table, in the unused gap, negative; so do the calls
// that were never implemented on x86-64 or were removed. syscall(2), unimplemented(2).
#include "testing.h"

static long raw(unsigned long number) {
    long result;
    register long r10 __asm__("r10") = 0;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(0), "S"(0), "d"(0), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

int main(void) {
    watchdog(60);
    static const unsigned long unknown[] = {350, 400, 423, 700, 999, 1023, 100000, 0x7fffffff, 0xffffffff, ~0UL};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        for (int again = 0; again < 3; again++) EXPECT_EQ(raw(unknown[i]), -ENOSYS);
    for (int again = 0; again < 3; again++) EXPECT_EQ(raw(SYS_getpid), getpid());
    EXPECT_ERRNO(syscall(777), ENOSYS);
    // Never implemented on x86-64, or removed:
    static const int gone[] = {SYS_tuxcall,      SYS_security,    SYS_getpmsg,       SYS_putpmsg,
                               SYS_vserver,      SYS_afs_syscall, SYS_create_module, SYS_get_kernel_syms,
                               SYS_query_module, SYS_nfsservctl,  SYS_epoll_ctl_old, SYS_epoll_wait_old};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) EXPECT_ERRNO(syscall(gone[i], 0, 0, 0, 0, 0, 0), ENOSYS);
    return 0;
}
