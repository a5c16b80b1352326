// SPDX-License-Identifier: Apache-2.0
//
// ITIMER_REAL's SIGALRM ends whatever blocks with EINTR when its handler has no SA_RESTART: read, write, accept,
// connect to a full listener, recv, flock, record locks, open of a fifo, waitpid, futex, semop, msgrcv, poll, nanosleep
// and reads of eventfd and inotify. signal(7).
#include "testing.h"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static volatile int alarms;

static void on_alarm(int) { add(&alarms, 1); }

// Again and again, in case the first comes before the call begins.
static void start_alarms(void) {
    struct itimerval every = {.it_value.tv_usec = 3000, .it_interval.tv_usec = 3000};
    EXPECT_OK(setitimer(ITIMER_REAL, &every, NULL));
}

static void stop_alarms(void) { EXPECT_OK(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL)); }

#define EXPECT_CUT_SHORT(call)           \
    do {                                 \
        int before_ = load(&alarms);     \
        start_alarms();                  \
        EXPECT_ERRNO(call, EINTR);       \
        stop_alarms();                   \
        EXPECT(load(&alarms) > before_); \
    } while (0)

static int lock_by(int fd, bool wait) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, wait ? F_SETLKW : F_SETLK, &lock);
}

int main(void) {
    watchdog_without_alarm(60);
    enter_temporary_directory();
    handle_with(SIGALRM, on_alarm, 0);
    int fds[2], pair[2];
    static char block[1 << 20];
    EXPECT_OK(pipe(fds));
    EXPECT_CUT_SHORT(read(fds[0], block, 1));
    EXPECT_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK));
    while (write(fds[1], block, 4096) > 0) continue;
    EXPECT_OK(fcntl(fds[1], F_SETFL, 0));
    EXPECT_CUT_SHORT(write(fds[1], block, 1));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    EXPECT_CUT_SHORT(recv(pair[0], block, 1, 0));
    EXPECT_CUT_SHORT(recv(pair[0], block, 10, MSG_WAITALL));
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(listen(listener, 0));
    EXPECT_CUT_SHORT(accept(listener, NULL, NULL));
    int one = EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0)), two = EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_OK(connect(one, (struct sockaddr*)&address, sizeof address));
    EXPECT_CUT_SHORT(connect(two, (struct sockaddr*)&address, sizeof address));

    int file = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600)), other = EXPECT_OK(open("file", O_RDWR));
    EXPECT_OK(flock(file, LOCK_EX));
    EXPECT_CUT_SHORT(flock(other, LOCK_EX));
    EXPECT_OK(mkfifo("fifo", 0600));
    EXPECT_CUT_SHORT(open("fifo", O_RDONLY));
    EXPECT_OK(close(EXPECT_OK(dup(file))));
    EXPECT_OK(pipe(fds));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(lock_by(other, false));
        EXPECT_OK(close(fds[0]));
        EXPECT_EQ(write(fds[1], "x", 1), 1);
        for (;;) pause();
    }
    EXPECT_EQ(read(fds[0], block, 1), 1);
    EXPECT_CUT_SHORT(lock_by(file, true));
    int status;
    EXPECT_CUT_SHORT(waitpid(child, &status, 0));
    siginfo_t info;
    EXPECT_CUT_SHORT(waitid(P_ALL, 0, &info, WEXITED));
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);

    uint32_t word = 0;
    EXPECT_CUT_SHORT(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL));
    EXPECT_CUT_SHORT(nanosleep(&(struct timespec){.tv_sec = 50}, NULL));
    EXPECT_CUT_SHORT(syscall(SYS_poll, NULL, 0L, -1L));
    EXPECT_CUT_SHORT(syscall(SYS_select, 0L, NULL, NULL, NULL, NULL));
    struct epoll_event event;
    EXPECT_CUT_SHORT(epoll_wait(EXPECT_OK(epoll_create1(0)), &event, 1, -1));
    eventfd_t value;
    EXPECT_CUT_SHORT(eventfd_read(EXPECT_OK(eventfd(0, 0)), &value));
    int watcher = inotify_init1(0);
    if (watcher >= 0) EXPECT_CUT_SHORT(read(watcher, block, sizeof block));
    sigset_t set = set_of(SIGUSR1);
    EXPECT_CUT_SHORT(sigwaitinfo(&set, NULL));

    int semaphores = EXPECT_OK(semget(IPC_PRIVATE, 1, 0600)), queue = EXPECT_OK(msgget(IPC_PRIVATE, 0600));
    struct sembuf take = {.sem_op = -1};
    EXPECT_CUT_SHORT(semop(semaphores, &take, 1));
    EXPECT_CUT_SHORT(msgrcv(queue, block, 10, 0, 0));
    EXPECT_OK(semctl(semaphores, 0, IPC_RMID));
    EXPECT_OK(msgctl(queue, IPC_RMID, NULL));
    return 0;
}
