// SPDX-License-Identifier: Apache-2.0
//
// Call sites that make any call, for tests: as syscall(3), but with the kernel's answer as it is. The instruction before the
// `syscall` has five bytes in the first, as in glibc, three in the second, with padding behind the function, as in Go, and seven in
// the third.
#ifndef ANY_CALL_SITES_H
#define ANY_CALL_SITES_H

#include "testing.h"

#define ANY_CALL_BEGIN(name)                                                                                     \
    ".p2align 6\n.globl " #name ", " #name "_before, " #name "_syscall, " #name "_return, " #name "_end\n" #name \
    ": .cfi_startproc\n mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov %r8, %r10\n"
#define ANY_CALL_END(name) \
#name "_syscall: syscall\n" #name "_return: ret\n .fill 10, 1, 0xcc\n .cfi_endproc\n" #name "_end:\n"
__asm__(
    ".text\n" ANY_CALL_BEGIN(any_near) "mov %r9, %r8\nany_near_before: mov 8(%rsp), %r9\n" ANY_CALL_END(any_near)
        ANY_CALL_BEGIN(any_short) "any_short_before: mov %r9, %r8\n" ANY_CALL_END(any_short) ANY_CALL_BEGIN(
            any_long) "any_long_before: .byte 0x4d, 0x8d, 0x81, 0, 0, 0, 0 # lea 0(%r9), %r8\n" ANY_CALL_END(any_long));
typedef long AnyCall(long number, long a1, long a2, long a3, long a4, long a5, long a6);
extern AnyCall any_near, any_short, any_long;
extern const char any_near_before[], any_near_syscall[], any_near_return[], any_near_end[];
extern const char any_short_before[], any_short_syscall[], any_short_return[], any_short_end[];
extern const char any_long_before[], any_long_syscall[], any_long_return[], any_long_end[];

static const struct AnySite {
    AnyCall* call;
    const char *before, *syscall_at, *return_at, *end;
} any_sites[] = {
    {any_near, any_near_before, any_near_syscall, any_near_return, any_near_end},
    {any_short, any_short_before, any_short_syscall, any_short_return, any_short_end},
    {any_long, any_long_before, any_long_syscall, any_long_return, any_long_end},
};
enum { kAnySites = sizeof any_sites / sizeof any_sites[0] };

// Often enough for the site to be rewritten, whatever --patch-after says.
static inline void use_any_site(const struct AnySite* site) {
    for (int i = 0; i < 300; i++) EXPECT_EQ(site->call(SYS_getppid, 0, 0, 0, 0, 0, 0), getppid());
}

#endif
