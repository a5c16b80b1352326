// SPDX-License-Identifier: Apache-2.0
//
// Two queued signals that come at any instruction of a call arrive both, in their order, once.
//
//   signal_steps COMMAND...      traces that program. Finds the instructions between two of its marks (SIGSTOP), and lets it run from
//                                one mark to the next as often as there are, each time with a breakpoint at one of them, where both are sent
//   signal_steps --target CALL   the program: makes the call between two marks, until it is told to end, and fails if a signal is missing
//
// Prints how many instructions there were. fork cannot be looked at so: the child would have the tracer's breakpoint.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kFirst = 1, kSecond = 2, kWarm = 20 };

static void require(int condition, const char* what) {
    if (condition) return;
    fprintf(stderr, "signal_steps: %s (errno %d)\n", what, errno);
    exit(1);
}

// ---- the program ----

static volatile int seen[4], count;
static volatile int done;

static void on_queued(int number, siginfo_t* info, void* context) {
    (void)number, (void)context;
    if (count < 4) seen[count] = info->si_value.sival_int;
    count++;
}
static void on_end(int number) {
    (void)number;
    done = 1;
}

static sigset_t set_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

// 0 if the call did what it should.
static int make(const char* call, int zeros) {
    const sigset_t other = set_of(SIGUSR2), queued = set_of(SIGRTMIN + 1);
    if (strcmp(call, "unblock") == 0) return sigprocmask(SIG_UNBLOCK, &other, NULL);
    if (strcmp(call, "block") == 0) {
        return sigprocmask(SIG_BLOCK, &queued, NULL) | sigprocmask(SIG_UNBLOCK, &queued, NULL);
    }
    if (strcmp(call, "swap") == 0) {  // each closes for what the other opens for
        return sigprocmask(SIG_SETMASK, &queued, NULL) | sigprocmask(SIG_SETMASK, &other, NULL);
    }
    if (strcmp(call, "close") == 0) return close(-1) == -1 && errno == EBADF ? 0 : -1;
    if (strcmp(call, "getppid") == 0) return getppid() > 0 ? 0 : -1;
    if (strcmp(call, "ppoll") == 0) {
        struct pollfd ready = {zeros, POLLIN, 0};
        const struct timespec now = {0, 0};
        const int count_ready = ppoll(&ready, 1, &now, &other);
        return count_ready == 1 || (count_ready == -1 && errno == EINTR) ? 0 : -1;
    }
    if (strcmp(call, "read") == 0) {
        char byte;
        return read(zeros, &byte, 1) == 1 && byte == 0 ? 0 : -1;
    }
    return -1;
}

static void mark(void) {
    const pid_t self = getpid();
    require(syscall(SYS_tgkill, self, self, SIGSTOP) == 0, "tgkill");
}

static int be_target(const char* call) {
    struct sigaction queued, end;
    memset(&queued, 0, sizeof queued);
    queued.sa_sigaction = on_queued;
    queued.sa_flags = SA_SIGINFO | SA_RESTART;
    memset(&end, 0, sizeof end);
    end.sa_handler = on_end;
    const sigset_t other = set_of(SIGUSR2);
    sigset_t none;
    sigemptyset(&none);
    const int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    require(zeros >= 0, "/dev/zero");
    require(sigaction(SIGRTMIN + 1, &queued, NULL) == 0 && sigaction(SIGUSR1, &end, NULL) == 0, "sigaction");
    long round = 0;
    for (; !done; ++round) {
        count = 0;
        require(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "sigprocmask");
        if (strcmp(call, "unblock") == 0) require(sigprocmask(SIG_BLOCK, &other, NULL) == 0, "sigprocmask");
        if (round >= kWarm) mark();
        const int result = make(call, zeros);
        require(result == 0, call);
        if (round < kWarm) continue;
        mark();
        require(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "sigprocmask");
        if (count != 2 || seen[0] != kFirst || seen[1] != kSecond) {
            fprintf(stderr, "signal_steps: in round %ld of %s came %d signals: %d, %d\n", round - kWarm, call, count, seen[0], seen[1]);
            return 1;
        }
    }
    return 0;
}

// ---- the tracer ----

static int wait_stopped(pid_t pid) {
    int status;
    require(waitpid(pid, &status, __WALL) == pid, "waitpid");
    if (WIFSTOPPED(status)) return WSTOPSIG(status);
    if (WIFEXITED(status)) exit(WEXITSTATUS(status));
    fprintf(stderr, "signal_steps: wait status %#x\n", status);
    exit(1);
}

// To the next mark. What steps have left of the trap flag in saved registers ends.
static void run_to_mark(pid_t pid) {
    for (long signal_number = 0;;) {
        require(ptrace(PTRACE_CONT, pid, 0, signal_number) == 0, "PTRACE_CONT");
        signal_number = wait_stopped(pid);
        if (signal_number == SIGSTOP) return;
        if (signal_number != SIGTRAP) continue;
        struct user_regs_struct registers;
        require(ptrace(PTRACE_GETREGS, pid, 0, &registers) == 0, "PTRACE_GETREGS");
        registers.eflags &= ~0x100UL;
        require(ptrace(PTRACE_SETREGS, pid, 0, &registers) == 0, "PTRACE_SETREGS");
        signal_number = 0;
    }
}

static void send_both(pid_t pid) {
    for (int value = kFirst; value <= kSecond; ++value) {
        const union sigval with = {.sival_int = value};
        require(sigqueue(pid, SIGRTMIN + 1, with) == 0, "sigqueue");
    }
}

static void set_debug_register(pid_t pid, size_t index, unsigned long value) {
    if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + index * sizeof(long), value) == 0) return;
    printf("skipped: no hardware breakpoints: %s\n", strerror(errno));
    exit(77);
}

// What a call raises that traps.
static int is_own(int stop) { return stop == SIGSYS; }

// Lets the program go to the first instruction at `address`, or to the mark before; true in the first case.
static int run_to(pid_t pid, unsigned long address) {
    set_debug_register(pid, 0, address);
    set_debug_register(pid, 7, 1);
    int stop = 0;
    do {
        require(ptrace(PTRACE_CONT, pid, 0, stop) == 0, "PTRACE_CONT");
        stop = wait_stopped(pid);
    } while (is_own(stop));
    require(stop == SIGTRAP || stop == SIGSTOP, "a stop that is neither the breakpoint nor the mark");
    set_debug_register(pid, 7, 0);
    return stop == SIGTRAP;
}

// The instructions between here and the next mark, each once.
enum { kMost = 20000 };
static unsigned long found[kMost];
static size_t find_instructions(pid_t pid) {
    size_t size = 0;
    for (int stop = 0;;) {
        require(ptrace(PTRACE_SINGLESTEP, pid, 0, is_own(stop) ? stop : 0) == 0, "PTRACE_SINGLESTEP");
        stop = wait_stopped(pid);
        if (stop == SIGSTOP) return size;
        if (is_own(stop)) continue;
        require(stop == SIGTRAP, "a stop that is no step");
        errno = 0;
        const long address = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), 0);
        require(errno == 0, "PTRACE_PEEKUSER");
        size_t known = 0;
        while (known < size && found[known] != (unsigned long)address) ++known;
        require(known < kMost, "more instructions than expected");
        if (known == size) found[size++] = (unsigned long)address;
    }
}

int main(int argc, char** argv) {
    if (argc == 3 && strcmp(argv[1], "--target") == 0) return be_target(argv[2]);
    require(argc > 1, "usage: signal_steps COMMAND...");
    const pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        require(0, "execvp");
    }
    // The sites are rewritten before it is traced.
    int status;
    require(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "the program did not come to its mark");
    require(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) == 0, "PTRACE_SEIZE");
    require(kill(pid, SIGCONT) == 0, "SIGCONT");
    while (wait_stopped(pid) != SIGCONT) require(ptrace(PTRACE_CONT, pid, 0, 0) == 0, "PTRACE_CONT");

    // Every round has two marks, and must have had both signals when it goes on from the second one.
    run_to_mark(pid);
    send_both(pid);
    run_to_mark(pid);
    const size_t size = find_instructions(pid);
    size_t reached = 0;
    int have_both = 0;
    for (size_t i = 0; i < size; ++i) {
        if (!have_both) send_both(pid);
        run_to_mark(pid);
        have_both = run_to(pid, found[i]);
        if (!have_both) continue;
        ++reached;
        send_both(pid);
        run_to_mark(pid);
    }
    if (!have_both) send_both(pid);
    require(kill(pid, SIGUSR1) == 0, "kill");
    printf("%zu instructions of %zu\n", reached, size);
    require(reached * 10 > size * 9, "too few were reached again");
    for (long signal_number = 0;; signal_number = wait_stopped(pid)) {
        if (signal_number == SIGTRAP || signal_number == SIGSTOP) signal_number = 0;
        require(ptrace(PTRACE_CONT, pid, 0, signal_number) == 0, "PTRACE_CONT");
    }
}
