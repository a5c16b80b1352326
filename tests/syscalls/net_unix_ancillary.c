// SPDX-License-Identifier: Apache-2.0
//
// Control messages: descriptors that find no room are closed and MSG_CTRUNC set, MSG_CMSG_CLOEXEC, 253 at once and no
// more, credentials by SO_PASSCRED and forged ones refused, a barrier between messages of a stream, malformed headers
// EINVAL, closed numbers EBADF. unix(7), cmsg(3).
#include "testing.h"

#include <sys/socket.h>

enum { kMost = 253 };

static int pair[2];

static ssize_t send_descriptors(const int* fds, size_t count, size_t cmsg_length) {
    static char control[CMSG_SPACE((kMost + 1) * sizeof(int))];
    char byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = cmsg_length != 0 ? cmsg_length : CMSG_LEN(count * sizeof(int)),
                               .cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    return sendmsg(pair[0], &message, 0);
}

// The descriptors that come with one byte; flags of the message in *flags.
static size_t receive(size_t room, int* fds, int wanted, int* flags) {
    static char control[CMSG_SPACE(kMost * sizeof(int))];
    char byte[16];
    struct iovec part = {.iov_base = byte, .iov_len = sizeof byte};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    EXPECT_EQ(recvmsg(pair[1], &message, wanted), 1);
    *flags = message.msg_flags;
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == NULL) return 0;
    EXPECT(header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS);
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    return count;
}

static int count_open(void) {
    int count = 0;
    for (int fd = 0; fd < 900; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

int main(void) {
    watchdog(60);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    int fds[kMost + 1], got[kMost + 1], flags;
    for (int i = 0; i <= kMost; i++) fds[i] = pair[0];
    int before = count_open();
    EXPECT_EQ(send_descriptors(fds, 3, 0), 1);
    EXPECT_EQ(receive(CMSG_LEN(2 * sizeof(int)), got, MSG_CMSG_CLOEXEC, &flags), 2);
    EXPECT_EQ(flags & MSG_CTRUNC, MSG_CTRUNC);
    EXPECT_EQ(count_open(), before + 2);
    EXPECT_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
    EXPECT_OK(close(got[0]));
    EXPECT_OK(close(got[1]));
    EXPECT_EQ(send_descriptors(fds, 2, 0), 1);
    EXPECT_EQ(receive(0, got, 0, &flags), 0);
    EXPECT_EQ(flags & MSG_CTRUNC, MSG_CTRUNC);
    EXPECT_EQ(count_open(), before);
    EXPECT_EQ(send_descriptors(fds, kMost, 0), 1);
    EXPECT_EQ(receive(CMSG_SPACE(kMost * sizeof(int)), got, 0, &flags), kMost);
    EXPECT_EQ(flags & MSG_CTRUNC, 0);
    EXPECT_EQ(fcntl(got[5], F_GETFD), 0);
    for (int i = 0; i < kMost; i++) EXPECT_OK(close(got[i]));
    EXPECT_ERRNO(send_descriptors(fds, kMost + 1, 0), EINVAL);
    EXPECT_ERRNO(send_descriptors(fds, 1, 4), EINVAL);
    EXPECT_ERRNO(send_descriptors(fds, 1, 4096), EINVAL);
    int closed = 700;
    EXPECT_ERRNO(send_descriptors(&closed, 1, 0), EBADF);

    // Bytes after a message with descriptors are not read together with it, nor are two such messages.
    EXPECT_EQ(send_descriptors(fds, 1, 0), 1);
    EXPECT_EQ(send_descriptors(fds, 1, 0), 1);
    EXPECT_EQ(write(pair[0], "a", 1), 1);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(receive(CMSG_SPACE(sizeof(int)), got, 0, &flags), 1);
        EXPECT_OK(close(got[0]));
    }
    EXPECT_EQ(receive(CMSG_SPACE(sizeof(int)), got, 0, &flags), 0);

    // Descriptors in flight live on without their number; a socket may even carry itself.
    int ends[2];
    char text[8];
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "kept", 4), 4);
    EXPECT_EQ(send_descriptors(ends, 2, 0), 1);
    EXPECT_OK(close(ends[0]));
    EXPECT_OK(close(ends[1]));
    EXPECT_EQ(receive(CMSG_SPACE(2 * sizeof(int)), got, 0, &flags), 2);
    EXPECT_EQ(read(got[0], text, sizeof text), 4);

    int on = 1;
    EXPECT_OK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    char control[CMSG_SPACE(sizeof(struct ucred))], byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    EXPECT_EQ(write(pair[0], "x", 1), 1);
    EXPECT_EQ(recvmsg(pair[1], &message, 0), 1);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    EXPECT(header != NULL && header->cmsg_type == SCM_CREDENTIALS);
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(header), sizeof sender);
    EXPECT(sender.pid == getpid() && sender.uid == getuid() && sender.gid == getgid());
    pid_t child = fork_child();
    if (child == 0) {
        if (getuid() == 0) EXPECT_OK(setuid(65534));
        sender.pid = 1;
        memcpy(CMSG_DATA(header), &sender, sizeof sender);
        message.msg_controllen = sizeof control;
        EXPECT_ERRNO(sendmsg(pair[0], &message, 0), EPERM);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
