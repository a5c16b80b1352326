// SPDX-License-Identifier: Apache-2.0
//
// socketpair: stream, datagram and seqpacket keep or ignore message boundaries, MSG_TRUNC, MSG_PEEK,
// MSG_DONTWAIT, half-close, end of file and EPIPE; fstat and SO_TYPE tell what they are. socketpair(2),
// recv(2).
#include "testing.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    for (int i = 0; i < 3; i++) {
        int pair[2], type = 0, available = 0;
        char text[16];
        socklen_t size = sizeof type;
        EXPECT_OK(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair));
        EXPECT_OK(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &type, &size));
        EXPECT_EQ(type, types[i]);
        EXPECT_ERRNO(recv(pair[0], text, sizeof text, MSG_DONTWAIT), EAGAIN);
        EXPECT_EQ(send(pair[1], "one", 3, 0), 3);
        EXPECT_EQ(send(pair[1], "two2", 4, 0), 4);
        EXPECT_OK(ioctl(pair[0], FIONREAD, &available));
        EXPECT_EQ(available, types[i] == SOCK_DGRAM ? 3 : 7);
        EXPECT_EQ(recv(pair[0], text, sizeof text, MSG_PEEK), i == 0 ? 7 : 3);
        EXPECT_EQ(recv(pair[0], text, sizeof text, 0), i == 0 ? 7 : 3);
        if (i != 0) {
            struct iovec part = {text, 2};
            struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
            EXPECT_EQ(recvmsg(pair[0], &message, MSG_TRUNC), 4);
            EXPECT(message.msg_flags & MSG_TRUNC);
        }
        EXPECT_OK(shutdown(pair[1], SHUT_WR));
        EXPECT_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
        if (i != 1) {
            EXPECT_EQ(recv(pair[0], text, sizeof text, 0), 0);
            EXPECT_EQ(send(pair[0], "back", 4, 0), 4);
            EXPECT_EQ(recv(pair[1], text, sizeof text, 0), 4);
        }
        struct stat status;
        EXPECT_OK(fstat(pair[0], &status));
        EXPECT(S_ISSOCK(status.st_mode));
        EXPECT_OK(close(pair[0]));
        EXPECT_ERRNO(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE);
        EXPECT_OK(close(pair[1]));
    }
    int pair[2];
    EXPECT_ERRNO(socketpair(AF_UNIX, 9, 0, pair), ESOCKTNOSUPPORT);
    EXPECT_ERRNO(socketpair(AF_INET, SOCK_STREAM, 0, pair), EOPNOTSUPP);
    EXPECT_ERRNO(recv(EXPECT_OK(open("/dev/null", O_RDONLY)), NULL, 0, 0), ENOTSOCK);
    return 0;
}
