// SPDX-License-Identifier: Apache-2.0
//
// Other code where there was code with calls: stepping through it shows each of its instructions, once and at its address.
// mmap(2), sigaction(2).
#include "testing.h"

#include <ucontext.h>

// read(2) on a page of its own.
__asm__(
    ".text\n.p2align 12\n.globl site, site_end\n"
    "site: .cfi_startproc\n xor %eax, %eax\n syscall\n ret\n cs nopw 0x0(%rax,%rax,1)\n"
    "site_end: nop\n .cfi_endproc\n.p2align 12\n");
long site(int fd, void* buffer, size_t size);
extern const char site_end[];

enum { kMost = 64 };
static unsigned long seen[kMost];
static volatile int steps;

static void step(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const unsigned long rip = (unsigned long)r[REG_RIP];
    if (rip >= (unsigned long)site && rip < (unsigned long)site + 4096) {
        EXPECT(steps < kMost);
        seen[steps++] = rip;
    } else if (steps > 0) {
        r[REG_EFL] &= ~0x100L;
    }
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGTRAP, step, 0);
    const int zero = EXPECT_OK(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    char byte;
    for (int i = 0; i < 40; i++) EXPECT_EQ(site(zero, &byte, 1), 1);

    const size_t length = (size_t)(site_end - (const char*)site);
    EXPECT_EQ(
        mmap((void*)site, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
        (void*)site);
    memset((void*)site, 0x90, length);
    ((unsigned char*)site)[length] = 0xc3;
    long value = 12345;
    __asm__ volatile(
        "sub $128, %%rsp\n\tpushfq; orl $0x100, (%%rsp); popfq\n\tcall site\n\tnop\n\tnop\n\tadd $128, %%rsp"
        : "+a"(value)
        :
        : "rcx", "r11", "cc", "memory");
    EXPECT_EQ(value, 12345);
    EXPECT_EQ(steps, length + 1);
    for (int i = 0; i < steps; i++) EXPECT_EQ(seen[i], (unsigned long)site + (unsigned long)i);
    return 0;
}
