// SPDX-License-Identifier: Apache-2.0
//
// The instruction before a `syscall` may fault: SIGSEGV shows it, with its address and its registers, however often the site was
// used before, and a handler that repairs the memory lets it go on. Without a handler it kills. sigaction(2).
#include "testing.h"

#include <ucontext.h>

// Loads the sixth argument from the memory that %r9 points at: call(number, pointer).
__asm__(
    ".text\n.globl loads, loads_before, loads_syscall\n"
    "loads: .cfi_startproc\n mov %rdi, %rax\n mov %rsi, %r9\n"
    "loads_before: .byte 0x4d, 0x8b, 0x89, 8, 0, 0, 0 # mov 8(%r9), %r9\n"
    "loads_syscall: syscall\n"
    " ret\n .cfi_endproc\n");
long loads(long number, const void* pointer);
extern const char loads_before[];

static char* page;
static volatile int faults;

static void handler(int, siginfo_t* info, void* context) {
    const greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    EXPECT_EQ(r[REG_RIP], (greg_t)loads_before);
    EXPECT_EQ(r[REG_RAX], SYS_getppid);
    EXPECT_EQ(r[REG_R9], (greg_t)page);
    EXPECT(info->si_addr == page + 8);
    EXPECT_EQ(info->si_code, SEGV_ACCERR);
    EXPECT_EQ(r[REG_TRAPNO], 14);
    EXPECT_EQ(r[REG_CR2], (greg_t)page + 8);
    add(&faults, 1);
    EXPECT_OK(mprotect(page, 4096, PROT_READ));
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGSEGV, handler, 0);
    page = EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int round = 0; round < 5; round++) {
        EXPECT_OK(mprotect(page, 4096, PROT_NONE));
        EXPECT_EQ(loads(SYS_getppid, page), getppid());
        EXPECT_EQ(load(&faults), round + 1);
        for (int i = 0; i < 100; i++) EXPECT_EQ(loads(SYS_getppid, page), getppid());
    }
    EXPECT_OK(mprotect(page, 4096, PROT_NONE));
    pid_t child = fork_child();
    if (child == 0) {
        handle_with(SIGSEGV, SIG_DFL, 0);
        loads(SYS_getppid, page);
        _exit(0);
    }
    EXPECT_KILLED(child, SIGSEGV);
    return 0;
}
