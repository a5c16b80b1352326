// SPDX-License-Identifier: Apache-2.0
//
// Calls that block at a usual site (mov $number,%eax; syscall) end with EINTR or go on after a signal exactly as the
// handler's SA_RESTART says, also after the site has been used often: futex, clock_nanosleep (never restarted), recvfrom.
#include "testing.h"

#include <linux/futex.h>
#include <sys/socket.h>

// long NAME(a0, a1, a2, a3, a4, a5)
#define SITE(name, number)                                                      \
    __asm__(".text\n" #name ": .cfi_startproc\n mov %rcx, %r10\n mov $" #number \
            ", %eax\n syscall\n ret\n"                                          \
            ".cfi_endproc\n");                                                  \
    long name(long, long, long, long, long, long)
SITE(futex_site, 202);
SITE(sleep_site, 230);
SITE(receive_site, 45);

static int word;
static int pair[2];

static void wake(int) { EXPECT_OK(write(pair[1], "x", 1)); }

static long receive(void) {
    char byte;
    return receive_site(pair[0], (long)&byte, 1, 0, 0, 0);
}

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, 0);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    for (int i = 0; i < 300; i++) {
        EXPECT_EQ(futex_site((long)&word, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0), -EAGAIN);
        struct timespec none = {0, 0};
        EXPECT_EQ(sleep_site(CLOCK_MONOTONIC, 0, (long)&none, 0, 0, 0), 0);
        EXPECT_OK(write(pair[1], "x", 1));
        EXPECT_EQ(receive(), 1);
    }
    for (int restart = 0; restart < 2; restart++) {
        count_signals(SIGUSR1, restart ? SA_RESTART : 0);
        pid_t child = start_interrupting(SIGUSR1);
        for (int i = 0; i < 20; i++) {
            if (!restart) EXPECT_EQ(futex_site((long)&word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0), -EINTR);
            struct timespec long_time = {100, 0}, rest = {0, 0};
            EXPECT_EQ(sleep_site(CLOCK_MONOTONIC, 0, (long)&long_time, (long)&rest, 0, 0), -EINTR);
            EXPECT(rest.tv_sec >= 39 && rest.tv_sec <= 100);
            if (!restart) EXPECT_EQ(receive(), -EINTR);
        }
        stop_interrupting(child);
        if (restart) {
            child = interrupt_then(SIGUSR1, wake, 0);
            EXPECT_EQ(receive(), 1);
            EXPECT_EXIT(child, 0);
        }
    }
    return 0;
}
