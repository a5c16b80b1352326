// SPDX-License-Identifier: Apache-2.0
//
// Of the number in %rax the kernel looks at 32 bits, since Linux 5.14, whatever a program has above them. syscall(2).
#include "testing.h"

#include <sys/utsname.h>

static long call(unsigned long number) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number) : "rcx", "r11", "memory");
    return result;
}

int main(void) {
    watchdog(60);
    const pid_t pid = getpid();
    struct utsname name;
    int major = 0, minor = 0;
    EXPECT_EQ(uname(&name), 0);
    EXPECT_EQ(sscanf(name.release, "%d.%d", &major, &minor), 2);
    if (major < 5 || (major == 5 && minor < 14)) SKIP("Linux %s compares all of %%rax", name.release);
    static const unsigned long kUpper[] = {0, 0x100000000, 0xffffffff00000000, 0x8000000000000000};
    for (int i = 0; i < 40; i++) {
        for (size_t j = 0; j < sizeof kUpper / sizeof kUpper[0]; j++) {
            EXPECT_EQ(call(kUpper[j] | SYS_getpid), pid);
            EXPECT_EQ(syscall((long)(kUpper[j] | SYS_getpid)), pid);
            EXPECT_EQ(syscall((long)(kUpper[j] | SYS_fcntl), -1, F_GETFD), -1);
            EXPECT_EQ(errno, EBADF);
            EXPECT_EQ(call(kUpper[j] | 0x80000000 | SYS_getpid), -ENOSYS);
            EXPECT_EQ(call(kUpper[j] | 0xffffffff), -ENOSYS);
        }
    }
    return 0;
}
