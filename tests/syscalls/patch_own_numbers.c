// SPDX-License-Identifier: Apache-2.0
//
// getpid and gettid from usual sites, in every kind of process and thread: what the kernel says through another way. getpid(2).
#include "testing.h"

#include <dlfcn.h>
#include <sys/time.h>
#include <ucontext.h>

__asm__(
    ".text\n.globl ask_pid, ask_tid, asked_end\n"
    "ask_pid: .cfi_startproc\n mov $39, %eax\n syscall\n ret\n .cfi_endproc\n"
    "ask_tid: .cfi_startproc\n mov $186, %eax\n syscall\n ret\n .cfi_endproc\n"
    "asked_end: nop\n");
long ask_pid(void);
long ask_tid(void);
extern const char asked_end[];

// From the kernel, by what it keeps of a thread that is about to be looked at.
static void check(void) {
    char path[64], link[64], expected[64];
    for (int i = 0; i < 40; i++) {
        const long pid = ask_pid(), tid = ask_tid();
        EXPECT_EQ(pid, (pid_t)pid);
        EXPECT_EQ(tid, (pid_t)tid);
        if (i % 20 != 0) continue;
        snprintf(path, sizeof path, "/proc/thread-self");
        const ssize_t length = readlink(path, link, sizeof link - 1);
        EXPECT(length > 0);
        link[length] = 0;
        snprintf(expected, sizeof expected, "%ld/task/%ld", pid, tid);
        EXPECT_STREQ(link, expected);
        EXPECT_OK(syscall(SYS_tgkill, pid, tid, 0));
    }
}

static void* in_thread(void* forks) {
    check();
    EXPECT(ask_tid() != ask_pid());
    if (forks != NULL) {
        const pid_t child = fork_child();
        if (child == 0) {
            check();
            EXPECT_EQ(ask_tid(), ask_pid());
            _exit(0);
        }
        EXPECT_EXIT(child, 0);
        check();
    }
    return NULL;
}

static volatile int handled, inside;
static pid_t own;

static void handler(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const unsigned char* rip = (const unsigned char*)r[REG_RIP];
    add(&handled, 1);
    Dl_info object;
    EXPECT(dladdr(rip, &object) != 0);  // code of this program, or of a library it has
    if (rip < (const unsigned char*)ask_pid || rip >= (const unsigned char*)asked_end) return;
    add(&inside, 1);
    const bool is_pid = rip < (const unsigned char*)ask_tid;
    if (rip[0] == 0x0f) EXPECT_EQ(r[REG_RAX], is_pid ? SYS_getpid : SYS_gettid);
    if (rip[0] == 0xc3) {
        EXPECT_EQ(r[REG_RAX], own);
        EXPECT_EQ(r[REG_RCX], (greg_t)rip);
    }
}

static volatile int steps;
static unsigned long seen[16];

static void step(int, siginfo_t*, void* context) {
    greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const unsigned long rip = (unsigned long)r[REG_RIP];
    if (rip >= (unsigned long)ask_pid && rip < (unsigned long)asked_end) {
        EXPECT(steps < 16);
        seen[steps++] = rip;
    } else if (steps > 0) {
        r[REG_EFL] &= ~0x100L;
    }
}

int main(int argc, char** argv) {
    watchdog_without_alarm(120);
    check();
    if (argc > 1) return 0;
    join_thread(start_thread(in_thread, NULL));
    join_thread(start_thread(in_thread, (void*)1));
    pid_t child = fork_child();
    if (child == 0) {
        check();
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    own = getpid();
    child = vfork();
    if (child == 0) {
        if (ask_pid() == own || ask_pid() != ask_tid()) _exit(1);
        execl(own_path(argv[0]), "again", "again", NULL);
        _exit(2);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(ask_pid(), own);
    check();

    handle_with_info(SIGTRAP, step, 0);
    long value;
    __asm__ volatile(
        "sub $128, %%rsp\n\tpushfq; orl $0x100, (%%rsp); popfq\n\tcall ask_pid\n\tnop\n\tnop\n\tadd $128, %%rsp"
        : "=a"(value)
        :
        : "rcx", "r11", "cc", "memory");
    EXPECT_EQ(value, own);
    EXPECT(steps == 2 || steps == 3);
    EXPECT_EQ(seen[0], (unsigned long)ask_pid);
    EXPECT_EQ(seen[1], (unsigned long)ask_pid + 5);

    // Signals between the instructions.
    handle_with_info(SIGALRM, handler, SA_RESTART);
    const struct itimerval every = {{0, 50}, {0, 50}};
    EXPECT_OK(setitimer(ITIMER_REAL, &every, NULL));
    while (load(&handled) < 10000 || load(&inside) < 100) {
        EXPECT_EQ(ask_pid(), own);
        EXPECT_EQ(ask_tid(), own);
    }
    return 0;
}
