// SPDX-License-Identifier: Apache-2.0
//
// A handler that changes RIP in the ucontext continues elsewhere: it skips a faulting load, a ud2 and a
// faulting division; and it may change a register that the interrupted code reads next. sigaction(2),
// getcontext(3).
#include "testing.h"

#include <ucontext.h>

static volatile int faults;
static volatile greg_t skip;  // bytes to add to RIP

static void handler(int, siginfo_t*, void* context) {
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    registers[REG_RIP] += skip;
    registers[REG_RAX] = 0x1234;
    registers[REG_R15] = 0x5678;
    faults++;
}

int main(void) {
    watchdog(60);
    int numbers[] = {SIGSEGV, SIGILL, SIGFPE};
    for (int i = 0; i < 3; i++) handle_with_info(numbers[i], handler, 0);
    unsigned long rax, r15;

    skip = 2;  // mov (%rax),%eax is two bytes
    __asm__ volatile("xor %%eax,%%eax; xor %%r15d,%%r15d; .byte 0x8b,0x00; mov %%r15,%1"
                     : "=&a"(rax), "=r"(r15)
                     :
                     : "r15", "memory");
    EXPECT(faults == 1 && rax == 0x1234 && r15 == 0x5678);

    skip = 2;  // ud2
    __asm__ volatile("xor %%r15d,%%r15d; ud2; mov %%r15,%1" : "=&a"(rax), "=r"(r15) : : "r15", "memory");
    EXPECT(faults == 2 && rax == 0x1234 && r15 == 0x5678);

    skip = 2;  // div %ecx
    __asm__ volatile("xor %%ecx,%%ecx; xor %%edx,%%edx; mov $1,%%eax; .byte 0xf7,0xf1; mov %%r15,%1"
                     : "=&a"(rax), "=r"(r15)
                     :
                     : "rcx", "rdx", "r15", "cc", "memory");
    EXPECT(faults == 3 && rax == 0x1234 && r15 == 0x5678);
    return 0;
}
