// SPDX-License-Identifier: Apache-2.0
//
// POSIX message queues: by priority and age, attributes, EAGAIN and time limits, EMSGSIZE, mq_notify by signal once,
// poll sees both ends, names and unlink, the descriptor is one. mq_overview(7).
#include "testing.h"

#include <mqueue.h>
#include <poll.h>

static volatile int told, told_value;

static void on_message(int, siginfo_t* info, void*) {
    store(&told_value, info->si_code == SI_MESGQ ? info->si_value.sival_int : -1);
    add(&told, 1);
}

static short events(mqd_t queue) {
    struct pollfd entry = {.fd = queue, .events = POLLIN | POLLOUT};
    EXPECT_OK(poll(&entry, 1, 0));
    return entry.revents;
}

int main(void) {
    watchdog(60);
    char name[64], text[64];
    snprintf(name, sizeof name, "/redoubt-test-%d", getpid());
    struct mq_attr attributes = {.mq_maxmsg = 3, .mq_msgsize = 16}, got;
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes);
    if (queue == (mqd_t)-1 && (errno == ENOSYS || errno == EACCES)) SKIP("no queues: %s", strerror(errno));
    EXPECT_OK(queue);
    EXPECT_ERRNO(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes), EEXIST);
    mqd_t reader = EXPECT_OK(mq_open(name, O_RDONLY));
    EXPECT_OK(mq_unlink(name));
    EXPECT_ERRNO(mq_open(name, O_RDONLY), ENOENT);
    EXPECT_OK(mq_getattr(queue, &got));
    EXPECT(got.mq_maxmsg == 3 && got.mq_msgsize == 16 && got.mq_curmsgs == 0 && got.mq_flags == O_NONBLOCK);
    EXPECT_EQ(events(queue), POLLOUT);
    EXPECT_ERRNO(mq_receive(queue, text, sizeof text, NULL), EAGAIN);
    EXPECT_ERRNO(mq_receive(queue, text, 15, NULL), EMSGSIZE);
    EXPECT_ERRNO(mq_send(queue, text, 17, 0), EMSGSIZE);
    EXPECT_ERRNO(mq_send(queue, text, 1, 32768), EINVAL);
    EXPECT_ERRNO(mq_send(reader, text, 1, 0), EBADF);
    EXPECT_OK(mq_send(queue, "low", 3, 1));
    EXPECT_OK(mq_send(queue, "high", 4, 9));
    EXPECT_OK(mq_send(queue, "low again", 9, 1));
    EXPECT_ERRNO(mq_send(queue, "full", 4, 0), EAGAIN);
    EXPECT_EQ(events(queue), POLLIN);
    unsigned priority = 0;
    EXPECT_EQ(mq_receive(reader, text, sizeof text, &priority), 4);
    EXPECT_EQ(priority, 9);
    EXPECT_EQ(mq_receive(reader, text, sizeof text, &priority), 3);
    EXPECT_EQ(mq_receive(reader, text, sizeof text, NULL), 9);
    struct timespec until = {.tv_sec = 1};
    EXPECT_ERRNO(mq_timedreceive(reader, text, sizeof text, NULL, &until), ETIMEDOUT);
    until.tv_nsec = 1000000000;
    EXPECT_ERRNO(mq_timedreceive(reader, text, sizeof text, NULL, &until), EINVAL);

    handle_with_info(SIGUSR1, on_message, 0);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    EXPECT_OK(mq_notify(queue, &event));
    EXPECT_ERRNO(mq_notify(reader, &event), EBUSY);
    EXPECT_OK(mq_send(queue, "x", 1, 0));
    wait_until_at_least(&told, 1);
    EXPECT_EQ(told_value, 42);
    EXPECT_EQ(mq_receive(reader, text, sizeof text, NULL), 1);
    EXPECT_OK(mq_send(queue, "y", 1, 0));  // it tells once
    EXPECT_EQ(told, 1);

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(mq_receive(reader, text, sizeof text, NULL), 1);
        EXPECT_EQ(mq_receive(reader, text, sizeof text, NULL), 5);  // waits for the parent
        _exit(0);
    }
    EXPECT_OK(mq_send(queue, "child", 5, 0));
    EXPECT_EXIT(child, 0);
    got.mq_flags = 0;
    EXPECT_OK(mq_setattr(queue, &got, &attributes));
    EXPECT_EQ(attributes.mq_flags, O_NONBLOCK);
    EXPECT_OK(mq_close(queue));
    EXPECT_ERRNO(mq_getattr(queue, &got), EBADF);
    EXPECT_ERRNO(mq_unlink(name), ENOENT);
    return 0;
}
