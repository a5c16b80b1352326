// SPDX-License-Identifier: Apache-2.0
//
// Synchronous signals carry their cause: SIGFPE/FPE_INTDIV at the dividing instruction, SIGILL/ILL_ILLOPN at
// ud2, SIGTRAP/SI_KERNEL after int3, SIGSEGV for privileged (SI_KERNEL), for non-canonical and for execute of
// data. sigaction(2).
#include "testing.h"

#include <ucontext.h>

static volatile int number, code;
static void* volatile address, * volatile instruction;
extern char divide_here[], undefined_here[], breakpoint_here[], privileged_here[];
static volatile greg_t resume_at;

static void handler(int signal_number, siginfo_t* info, void* context) {
    number = signal_number;
    code = info->si_code;
    address = info->si_addr;
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    instruction = (void*)registers[REG_RIP];
    if (resume_at == 1)  // a call to data: return to the caller
        registers[REG_RIP] = *(greg_t*)registers[REG_RSP], registers[REG_RSP] += 8;
    else
        registers[REG_RIP] += resume_at;
}

int main(void) {
    watchdog(60);
    static const int numbers[] = {SIGFPE, SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
    for (int i = 0; i < 5; i++) handle_with_info(numbers[i], handler, 0);

    resume_at = 2;
    __asm__ volatile("xor %%edx,%%edx; xor %%ecx,%%ecx; divide_here: div %%ecx"
                     :
                     :
                     : "rax", "rcx", "rdx", "cc", "memory");
    EXPECT(number == SIGFPE && code == FPE_INTDIV && address == divide_here && instruction == divide_here);
    __asm__ volatile("undefined_here: ud2" : : : "memory");
    EXPECT(number == SIGILL && code == ILL_ILLOPN && address == undefined_here && instruction == undefined_here);
    resume_at = 0;
    __asm__ volatile("breakpoint_here: int3" : : : "memory");
    EXPECT(number == SIGTRAP && code == SI_KERNEL && instruction == breakpoint_here + 1);
    resume_at = 1 + 1;
    __asm__ volatile("privileged_here: hlt; nop" : : : "memory");
    EXPECT(number == SIGSEGV && code == SI_KERNEL && address == NULL && instruction == privileged_here);
    resume_at = 2;
    __asm__ volatile(".byte 0x8b,0x00" : : "a"(0x8000000000000000) : "memory");  // mov (%rax),%eax
    EXPECT(number == SIGSEGV && code == SI_KERNEL && address == NULL);

    static char data[16] __attribute__((aligned(16)));
    resume_at = 1;
    __asm__ volatile("call *%0" : : "r"(data) : "memory");
    EXPECT(number == SIGSEGV && code == SEGV_ACCERR && address == data && instruction == data);
    return 0;
}
