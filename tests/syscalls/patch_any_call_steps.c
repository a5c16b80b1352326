// SPDX-License-Identifier: Apache-2.0
//
// Stepping through sites that make any call shows the same after they were used often as before: each instruction once, with the
// same registers, and it comes to an end. sigaction(2), Intel SDM "Single stepping".
#include "testing.h"

#include "any_call_sites.h"

#include <ucontext.h>

enum { kMost = 32 };
struct Step {
    greg_t rip, rax, rdi, rsi, rdx, r8, r9, r10, rbx, flags;
};
static struct Step steps[kMost];
static volatile int count;
static const struct AnySite* site;

// Ends the stepping with the first instruction behind the function.
static void handler(int, siginfo_t* info, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    EXPECT_EQ(info->si_code, TRAP_TRACE);
    const greg_t rip = r[REG_RIP];
    if (rip >= (greg_t)site->call && rip < (greg_t)site->end) {
        EXPECT(count < kMost);
        steps[count++] = (struct Step){rip,       r[REG_RAX], r[REG_RDI], r[REG_RSI], r[REG_RDX],
                                       r[REG_R8], r[REG_R9],  r[REG_R10], r[REG_RBX], r[REG_EFL]};
    } else if (count > 0) {
        r[REG_EFL] &= ~0x100L;
    }
}

static long stepped_call(long number) {
    register long r8 __asm__("r8") = 4, r9 __asm__("r9") = 5, r10 __asm__("r10") = 7;
    long value = 0, rsi = 1, rdx = 2, rcx = 3;
    count = 0;
    __asm__ volatile(
        "sub $128, %%rsp\n\tpush $6\n\tpush $0x302\n\tpopfq\n\tcall *%[call]\n\tnop\n\tnop\n\tadd $136, %%rsp"
        : "+a"(value), "+D"(number), "+S"(rsi), "+d"(rdx), "+c"(rcx), "+r"(r8), "+r"(r9), "+r"(r10)
        : [call] "b"(site->call)
        : "r11", "cc", "memory");
    return value;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGTRAP, handler, 0);
    for (int i = 0; i < kAnySites; i++) {
        site = &any_sites[i];
        struct Step first[kMost];
        for (int round = 0; round < 4; round++) {
            EXPECT_EQ(stepped_call(SYS_getppid), getppid());
            // Whether there is a step between the syscall and the return is the kernel's.
            const int before = count - (steps[count - 1].rip == (greg_t)site->return_at);
            EXPECT_EQ(steps[before - 1].rip, (greg_t)site->syscall_at);
            EXPECT_EQ(steps[before - 2].rip, (greg_t)site->before);
            EXPECT_EQ(steps[before - 1].rax, SYS_getppid);
            EXPECT_EQ(steps[before - 1].r9, site->call == any_near ? 6 : 5);
            EXPECT_EQ(steps[before - 1].r8, 5);
            for (int j = 1; j < before; j++) EXPECT(steps[j].rip > steps[j - 1].rip);
            if (round == 0) memcpy(first, steps, sizeof first);
            for (int j = 0; j < before; j++) EXPECT(memcmp(&steps[j], &first[j], sizeof first[j]) == 0);
            use_any_site(site);
        }
        // Also a call that the shim answers itself, and one that is none.
        EXPECT_EQ(stepped_call(SYS_rt_sigprocmask), -EINVAL);  // the fourth argument
        EXPECT_EQ(stepped_call(-1), -ENOSYS);
        EXPECT_EQ(stepped_call(600), -ENOSYS);
        EXPECT_EQ(stepped_call(SYS_getpid), getpid());
    }
    return 0;
}
