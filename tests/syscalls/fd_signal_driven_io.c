// SPDX-License-Identifier: Apache-2.0
//
// O_ASYNC: SIGIO to the owner when input comes, F_SETSIG sends another signal with si_fd and si_band, F_SETOWN_EX to a
// thread or a process group, F_GETOWN and its kin report what was set; nothing after O_ASYNC is cleared. fcntl(2).
#include "testing.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static volatile int count, last_fd, last_code, last_tid;
static volatile long last_band;

static void handler(int, siginfo_t* info, void*) {
    store(&last_fd, info->si_fd);
    last_band = info->si_band;
    store(&last_code, info->si_code);
    store(&last_tid, own_tid());
    add(&count, 1);
}

static void* run(void* argument) {
    store((volatile int*)argument, own_tid());
    wait_until_at_least(&count, 3);
    return NULL;
}

int main(void) {
    watchdog(60);
    int fds[2];
    char text[8];
    struct f_owner_ex owner;
    handle_with_info(SIGIO, handler, 0);
    handle_with_info(SIGRTMIN, handler, 0);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    EXPECT_EQ(fcntl(fds[0], F_GETOWN), 0);
    EXPECT_OK(fcntl(fds[0], F_SETOWN, getpid()));
    EXPECT_EQ(fcntl(fds[0], F_GETOWN), getpid());
    EXPECT_EQ(fcntl(fds[0], F_GETSIG), 0);
    EXPECT_OK(fcntl(fds[0], F_SETFL, O_ASYNC));
    EXPECT((fcntl(fds[0], F_GETFL) & O_ASYNC) != 0);
    EXPECT_EQ(write(fds[1], "a", 1), 1);
    wait_until_at_least(&count, 1);
    EXPECT_EQ(read(fds[0], text, sizeof text), 1);

    EXPECT_OK(fcntl(fds[0], F_SETSIG, SIGRTMIN));
    EXPECT_EQ(fcntl(fds[0], F_GETSIG), SIGRTMIN);
    EXPECT_EQ(write(fds[1], "b", 1), 1);
    wait_until_at_least(&count, 2);
    EXPECT_EQ(last_fd, fds[0]);
    EXPECT_EQ(last_code, POLL_IN);
    EXPECT((last_band & POLLIN) != 0);

    volatile int tid = 0;
    pthread_t thread = start_thread(run, (void*)&tid);
    wait_until_at_least(&tid, 1);
    owner = (struct f_owner_ex){.type = F_OWNER_TID, .pid = tid};
    EXPECT_OK(fcntl(fds[0], F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){0};
    EXPECT_OK(fcntl(fds[0], F_GETOWN_EX, &owner));
    EXPECT(owner.type == F_OWNER_TID && owner.pid == tid);
    EXPECT_EQ(write(fds[1], "c", 1), 1);
    wait_until_at_least(&count, 3);
    EXPECT_EQ(last_tid, tid);
    join_thread(thread);

    EXPECT_OK(fcntl(fds[0], F_SETOWN, -getpgrp()));
    EXPECT_OK(fcntl(fds[0], F_GETOWN_EX, &owner));
    EXPECT(owner.type == F_OWNER_PGRP && owner.pid == getpgrp());
    owner.type = 9;
    EXPECT_ERRNO(fcntl(fds[0], F_SETOWN_EX, &owner), EINVAL);
    EXPECT_ERRNO(fcntl(fds[0], F_SETSIG, 99), EINVAL);
    EXPECT_OK(fcntl(fds[0], F_SETOWN, getpid()));
    int off = 0;
    EXPECT_OK(ioctl(fds[0], FIOASYNC, &off));
    EXPECT_EQ(fcntl(fds[0], F_GETFL) & O_ASYNC, 0);
    EXPECT_EQ(write(fds[1], "d", 1), 1);
    sched_yield();
    EXPECT_EQ(count, 3);
    return 0;
}
