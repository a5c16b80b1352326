// SPDX-License-Identifier: Apache-2.0
//
// Signals that land around call sites, from a timer and from another thread: the handler always sees the program's own
// code and registers (never the address of something that stands in for a call), and the calls go on as if nothing had
// been. One site for a call that only asks the kernel, one for a call with a descriptor, one for a signal mask. sigaction(2).
#include "testing.h"

#include <sys/time.h>
#include <ucontext.h>

// The three functions keep known values in rbx, rbp and r12 to r15 around their calls.
__asm__(
    ".text\nfirst_site:\n"
    ".globl ask, ask_end, descriptor, mask, sites_end\n"
    "ask: .cfi_startproc\n mov $110, %eax\n syscall\n ret\n .cfi_endproc\n"
    "descriptor: .cfi_startproc\n mov $72, %eax\n syscall\n ret\n .cfi_endproc\n"
    "mask: .cfi_startproc\n mov $14, %eax\n syscall\n ret\n .cfi_endproc\n"
    "sites_end:\n"
    // with_pattern(function, a0, a1, a2, a3): rbx = r12 = ... = pattern while it runs; returns 1 in rdx when any changed.
    ".globl with_pattern\nwith_pattern: .cfi_startproc\n"
    " push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rax\n"
    " mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov %r8, %r10\n"
    " movabs $0x1234567890abcdef, %rbx\n mov %rbx, %rbp\n mov %rbx, %r12\n mov %rbx, %r13\n mov %rbx, %r14\n mov %rbx, "
    "%r15\n"
    " mov %rbx, %r8\n mov %rbx, %r9\n"
    " call *%rax\n"
    " mov %rax, %rcx\n xor %edx, %edx\n movabs $0x1234567890abcdef, %rax\n"
    " cmp %rax, %rbx\n setne %dl\n cmp %rax, %rbp\n jne 1f\n cmp %rax, %r12\n jne 1f\n cmp %rax, %r13\n jne 1f\n"
    " cmp %rax, %r14\n jne 1f\n cmp %rax, %r15\n jne 1f\n cmp %rax, %r8\n jne 1f\n cmp %rax, %r9\n jne 1f\n jmp 2f\n"
    "1: mov $1, %edx\n2: mov %rcx, %rax\n"
    " pop %rcx\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n "
    ".cfi_endproc\nwith_pattern_end:\n");
extern const char first_site[], sites_end[], with_pattern_end[];
extern const char ask[], descriptor[], mask[];

struct Result {
    long value;
    long changed;
};
struct Result with_pattern(const char* function, long a0, long a1, long a2, long a3);

static volatile int finish, handled, at_sites;
static pthread_t main_thread;

static void handler(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const greg_t rip = r[REG_RIP];
    add(&handled, 1);
    if (rip >= (greg_t)first_site && rip < (greg_t)sites_end) {
        add(&at_sites, 1);
        const greg_t pattern = 0x1234567890abcdef;
        EXPECT_EQ(r[REG_RBX], pattern);
        EXPECT_EQ(r[REG_RBP], pattern);
        EXPECT_EQ(r[REG_R15], pattern);
        EXPECT_EQ(r[REG_R8], pattern);
        EXPECT_EQ(r[REG_R9], pattern);
        // Nothing but the three numbers, a result, or what was there before the mov.
        const unsigned char* at = (const unsigned char*)rip;
        if (at[0] == 0x0f && at[1] == 0x05) EXPECT(r[REG_RAX] == 110 || r[REG_RAX] == 72 || r[REG_RAX] == 14);
        if (at[0] == 0xc3) EXPECT_EQ(r[REG_RCX], rip);
    } else {
        // Or anywhere in this program, its libraries and vDSO: what /proc says is executable here.
        EXPECT(rip != 0);
    }
    EXPECT_EQ(r[REG_CSGSFS] & 0xffff, 0x33);
}

static void* storm(void*) {
    while (!load(&finish)) {
        int before = load(&handled);
        EXPECT_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        while (load(&handled) == before && !load(&finish)) sched_yield();
    }
    return NULL;
}

int main(void) {
    watchdog_without_alarm(120);
    handle_with_info(SIGUSR1, handler, SA_RESTART);
    handle_with_info(SIGALRM, handler, SA_RESTART);
    main_thread = pthread_self();
    struct itimerval every = {{0, 50}, {0, 50}};
    EXPECT_OK(setitimer(ITIMER_REAL, &every, NULL));
    pthread_t thread = start_thread(storm, NULL);
    const pid_t parent = getppid();
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    sigset_t set;
    do {
        for (int i = 0; i < 2000; i++) {
            struct Result r = with_pattern(ask, 0, 0, 0, 0);
            EXPECT_EQ(r.value, parent);
            EXPECT_EQ(r.changed, 0);
            r = with_pattern(descriptor, 0, F_GETFD, 0, 0);
            EXPECT(r.value == 0 || r.value == 1);
            EXPECT_EQ(r.changed, 0);
            r = with_pattern(descriptor, -1, F_GETFD, 0, 0);
            EXPECT_EQ(r.value, -EBADF);
            r = with_pattern(mask, SIG_BLOCK, 0, (long)&set, 8);
            EXPECT_EQ(r.value, 0);
            EXPECT_EQ(r.changed, 0);
            EXPECT_EQ(sigismember(&set, SIGUSR1), 0);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < 2 || load(&at_sites) < 10);
    store(&finish, 1);
    join_thread(thread);
    return 0;
}
