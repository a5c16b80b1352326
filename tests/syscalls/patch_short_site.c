// SPDX-License-Identifier: Apache-2.0
//
// read(2) from its usual site (xor %eax,%eax; syscall) under many threads and signals: every byte of sixteen pipes arrives
// once and in order, signals show the program's own addresses and 0 in rax at the `syscall`, and stepping shows each of its
// instructions once. read(2), sigaction(2).
#include "testing.h"

#include <ucontext.h>

__asm__(
    ".text\n.p2align 4\n.globl read_site, read_syscall, read_return, read_end\n"
    "read_site: .cfi_startproc\n xor %eax, %eax\n"
    "read_syscall: syscall\n"
    "read_return: ret\n"
    " cs nopw 0x0(%rax,%rax,1)\n"
    "read_end: nop\n .cfi_endproc\n");
long read_site(int fd, void* buffer, size_t size);
extern const char read_syscall[], read_return[], read_end[];

enum { kThreads = 16, kBytes = 4000 };
static volatile int finish, handled;
static pthread_t readers[kThreads];

static void handler(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const greg_t rip = r[REG_RIP];
    if (rip >= (greg_t)read_site && rip < (greg_t)read_end) {
        EXPECT(rip == (greg_t)read_site || rip == (greg_t)read_syscall || rip == (greg_t)read_return);
        if (rip == (greg_t)read_syscall) EXPECT_EQ(r[REG_RAX], 0);
        if (rip == (greg_t)read_return) EXPECT(r[REG_RAX] == 1 || r[REG_RAX] == -EINTR);
    }
    add(&handled, 1);
}

static void* reader(void* argument) {
    const int fd = (int)(long)argument;
    for (int i = 0; i < kBytes;) {
        unsigned char byte;
        const long count = read_site(fd, &byte, 1);
        if (count == -EINTR) continue;
        EXPECT_EQ(count, 1);
        EXPECT_EQ(byte, i % 251);
        i++;
    }
    return NULL;
}

static void* writer(void* argument) {
    for (int i = 0; i < kBytes; i++) {
        const unsigned char byte = (unsigned char)(i % 251);
        EXPECT_EQ(write((int)(long)argument, &byte, 1), 1);
    }
    return NULL;
}

static void* storm(void*) {
    while (!load(&finish)) {
        for (int i = 0; i < kThreads; i++) pthread_kill(readers[i], SIGUSR1);
        sched_yield();
    }
    return NULL;
}

static unsigned long inside[16];
static volatile int steps;

static void step(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const greg_t rip = r[REG_RIP];
    if (rip >= (greg_t)read_site && rip < (greg_t)read_end) {
        EXPECT(steps < 16);
        inside[steps++] = (unsigned long)rip;
    } else if (steps > 0) {
        r[REG_EFL] &= ~0x100L;
    }
}

int main(void) {
    watchdog(120);
    handle_with_info(SIGUSR1, handler, 0);
    handle_with_info(SIGTRAP, step, 0);
    pthread_t writers[kThreads];
    int pipes[kThreads][2];
    for (int i = 0; i < kThreads; i++) {
        EXPECT_OK(pipe(pipes[i]));
        readers[i] = start_thread(reader, (void*)(long)pipes[i][0]);
    }
    pthread_t thread = start_thread(storm, NULL);
    for (int i = 0; i < kThreads; i++) writers[i] = start_thread(writer, (void*)(long)pipes[i][1]);
    for (int i = 0; i < kThreads; i++) join_thread(writers[i]);
    wait_until_at_least(&handled, 1);
    store(&finish, 1);
    join_thread(thread);
    for (int i = 0; i < kThreads; i++) join_thread(readers[i]);

    long value;
    __asm__ volatile(
        "sub $128, %%rsp\n\tpushfq; orl $0x100, (%%rsp); popfq\n\tcall read_site\n\tnop\n\tnop\n\tadd $128, %%rsp"
        : "=a"(value)
        : "D"(-1)
        : "rcx", "rsi", "rdx", "r11", "cc", "memory");
    EXPECT_EQ(value, -EBADF);
    EXPECT(steps == 2 || steps == 3);
    EXPECT_EQ(inside[0], (unsigned long)read_site);
    EXPECT_EQ(inside[1], (unsigned long)read_syscall);
    return 0;
}
