// SPDX-License-Identifier: Apache-2.0
//
// A syscall instruction may be reached in every way: after a mov of the number, by a jump to it with another
// number, at the end of a page, directly before an unmapped page, and from code that is being executed by
// many threads. syscall(2).
#include "testing.h"

// The usual site (mov $39,%eax; syscall), entered at the mov or at the syscall itself.
long getpid_site(void);
long site_with_number(long number);
__asm__(
    ".text\ngetpid_site: mov $39, %eax\n"
    "shared_syscall: syscall\n\tret\n"
    "site_with_number: mov %rdi, %rax; jmp shared_syscall\n"
    // A loop whose branch target is the syscall.
    "loop_site: mov %rdi, %r8; mov $110, %eax\n"
    "1: syscall; dec %r8; mov %eax, %eax; mov %rax, %r9; mov $110, %eax; jnz 1b; mov %r9, %rax; ret\n");
long loop_site(long count);

static void* caller(void*) {
    pid_t pid = getpid(), tid = own_tid();
    for (int i = 0; i < 2000; i++) {
        EXPECT_EQ(getpid_site(), pid);
        EXPECT_EQ(site_with_number(SYS_gettid), tid);
        EXPECT_EQ(site_with_number(SYS_getpid), pid);
        EXPECT_EQ(site_with_number(999), -ENOSYS);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) threads[i] = start_thread(caller, NULL);
    caller(NULL);
    for (int i = 0; i < 4; i++) join_thread(threads[i]);
    EXPECT_EQ(loop_site(1000), getppid());

    // At the end of a page whose successor is not mapped: the call is exit_group, so nothing follows.
    pid_t child = fork_child();
    if (child == 0) {
        char* page = EXPECT_OK(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        EXPECT_OK(munmap(page + 4096, 4096));
        static const unsigned char code[] = {0xbf, 23, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05};
        memcpy(page + 4096 - sizeof code, code, sizeof code);
        EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
        ((void (*)(void))(page + 4096 - sizeof code))();
    }
    EXPECT_EXIT(child, 23);
    return 0;
}
