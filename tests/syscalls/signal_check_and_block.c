// SPDX-License-Identifier: Apache-2.0
//
// A signal that comes between "check" and "block" is not lost: sigsuspend, ppoll, pselect, epoll_pwait (each
// unblocks and waits in one step) and sigtimedwait. A partner on another processor, a thread for half of
// the rounds and a process for the other, sends one signal a round, from a little before to a little after
// the waiter goes to sleep; a lost one hangs, and the watchdog says so. Rounds: argv[1] or SIGNAL_ROUNDS;
// otherwise 1,000,000, or as many as fit into 40 s (waking another processor takes 2 us on one machine and
// 500 us on the next), but at least 1,000. sigsuspend(2), select(2), "pselect()".
#include "testing.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

enum { NO_MORE_ROUNDS = INT_MAX, LEAST_ROUNDS = 500, SECONDS_A_HALF = 20, NO_LIMIT = 0 };
static volatile int* round_number;  // shared; the waiter raises it when it is about to wait
static volatile sig_atomic_t flag;
static pid_t waiter_pid, waiter_tid;
static sigset_t usr1, open_mask;
static int epoll;

static void handler(int) { flag = 1; }

// The waiter runs on the first allowed processor and the sender on the last, so that they run at once.
static void use_processor(bool last) {
    static cpu_set_t allowed;
    if (CPU_COUNT(&allowed) == 0) EXPECT_OK(sched_getaffinity(0, sizeof allowed, &allowed));
    int chosen = last ? CPU_SETSIZE - 1 : 0;
    while (!CPU_ISSET(chosen, &allowed)) chosen += last ? -1 : 1;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    EXPECT_OK(sched_setaffinity(0, sizeof one, &one));
}

static void send_one_signal_a_round(int first, int last) {
    use_processor(true);
    uint32_t random = 1;
    for (int round = first; round <= last; round++) {
        int spins = 0;
        while (load(round_number) < round)
            if (++spins > 10000) sched_yield();
        if (load(round_number) == NO_MORE_ROUNDS) return;
        random = random * 1664525u + 1013904223u;
        for (uint32_t delay = random >> 19; delay > 0; delay--) __asm__ volatile("");  // some microseconds
        EXPECT_OK(syscall(SYS_tgkill, waiter_pid, waiter_tid, SIGUSR1));
    }
}

static void* sender_thread(void* argument) {
    int* range = argument;
    send_one_signal_a_round(range[0], range[1]);
    return NULL;
}

static void wait_once(int way) {
    switch (way) {
        case 0: EXPECT_ERRNO(sigsuspend(&open_mask), EINTR); break;
        case 1: EXPECT_ERRNO(ppoll(NULL, 0, NULL, &open_mask), EINTR); break;
        case 2: EXPECT_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &open_mask), EINTR); break;
        case 3: EXPECT_ERRNO(epoll_pwait(epoll, &(struct epoll_event){0}, 1, -1, &open_mask), EINTR); break;
        case 4:
            EXPECT_EQ(sigtimedwait(&usr1, NULL, NULL), SIGUSR1);
            flag = 1;
            break;
    }
}

// Every half has a watchdog of its own, armed after the time in which it stops by itself.
static void wait_rounds(int first, int last, time_t seconds) {
    struct timespec begin, now;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &begin));
    if (seconds != NO_LIMIT) alarm((unsigned)seconds + 60);
    for (int round = first; round <= last; round++) {
        store(round_number, round);
        while (!flag) wait_once(round % 5);
        flag = 0;
        if (seconds == NO_LIMIT || round - first < LEAST_ROUNDS) continue;
        EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &now));
        if (now.tv_sec - begin.tv_sec > seconds) break;
    }
    printf("rounds %d to %d of %d\n", first, load(round_number), last);
    store(round_number, NO_MORE_ROUNDS);
}

int main(int argc, char** argv) {
    watchdog(290);
    const char* text = argc > 1 ? argv[1] : getenv("SIGNAL_ROUNDS");
    int rounds = text != NULL ? atoi(text) : 1000000;
    time_t seconds = text != NULL ? NO_LIMIT : SECONDS_A_HALF;
    use_processor(false);
    round_number = shared_memory(4096);
    epoll = EXPECT_OK(epoll_create1(0));
    usr1 = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, &open_mask));
    handle_with(SIGUSR1, handler, 0);
    waiter_pid = getpid();
    waiter_tid = own_tid();

    pthread_t thread = start_thread(sender_thread, (int[]){1, rounds / 2});
    wait_rounds(1, rounds / 2, seconds);
    join_thread(thread);

    store(round_number, 0);
    pid_t child = fork_child();
    if (child == 0) {
        send_one_signal_a_round(rounds / 2 + 1, rounds);
        _exit(0);
    }
    wait_rounds(rounds / 2 + 1, rounds, seconds);
    EXPECT_EXIT(child, 0);
    return 0;
}
