// SPDX-License-Identifier: Apache-2.0
//
// The ucontext of a fault holds every register of the interrupted code: the general ones, RIP, RSP, flags,
// and the fault's trap number and error code; the handler itself starts with an aligned stack below the red
// zone. sigaction(2).
#include "testing.h"

#include <ucontext.h>

extern char fault_here[], resume_here[];
static volatile int runs;
static greg_t seen[NGREG];
static uintptr_t frame;

__attribute__((noinline)) static void handler(int, siginfo_t* info, void* context) {
    frame = (uintptr_t)__builtin_frame_address(0);
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    memcpy(seen, registers, sizeof seen);
    EXPECT_EQ(registers[REG_CR2], (greg_t)info->si_addr);
    registers[REG_RIP] = (greg_t)resume_here;
    runs++;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGSEGV, handler, 0);
    uintptr_t stack_pointer;
    __asm__ volatile(
        "mov %%rsp, %0\n\t"
        "push %%rbx; push %%rbp\n\t"
        "mov $0x101, %%eax; mov $0x102, %%ebx; mov $0x103, %%ecx; mov $0x104, %%edx\n\t"
        "mov $0x105, %%esi; mov $0x106, %%edi; mov $0x107, %%ebp\n\t"
        "mov $0x108, %%r8d; mov $0x109, %%r9d; mov $0x10a, %%r10d; mov $0x10b, %%r11d\n\t"
        "mov $0x10c, %%r12d; mov $0x10d, %%r13d; mov $0x10e, %%r14d; mov $0x10f, %%r15d\n\t"
        "stc\n"
        "fault_here: movb $1, (%%rbx)\n"
        "resume_here: pop %%rbp; pop %%rbx\n\t"
        : "=m"(stack_pointer)
        :
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
    EXPECT_EQ(runs, 1);
    static const int order[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_R8,
                                REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    for (int i = 0; i < 15; i++) EXPECT_EQ(seen[order[i]], 0x101 + i);
    EXPECT_EQ(seen[REG_RIP], (greg_t)fault_here);
    EXPECT_EQ(seen[REG_RSP], (greg_t)(stack_pointer - 16));
    EXPECT(seen[REG_EFL] & 1);        // carry
    EXPECT_EQ(seen[REG_TRAPNO], 14);  // page fault
    EXPECT_EQ(seen[REG_ERR] & 6, 6);  // a write, from user mode
    EXPECT_EQ(seen[REG_CR2], 0x102);
    EXPECT_EQ(frame % 16, 0);
    EXPECT(frame < stack_pointer - 16 - 128);
    return 0;
}
