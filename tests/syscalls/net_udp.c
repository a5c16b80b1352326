// SPDX-License-Identifier: Apache-2.0
//
// UDP over 127.0.0.1: sendto, recvfrom with the sender's address, connected sockets filter, truncation with
// MSG_TRUNC, sendmmsg and recvmmsg, empty datagrams, EMSGSIZE, ECONNREFUSED after an unreachable port.
// udp(7).
#include "testing.h"

#include <netinet/in.h>
#include <sys/socket.h>

static int bound(struct sockaddr_in* address) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1) SKIP("UDP: %s", strerror(errno));
    socklen_t size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    EXPECT_OK(bind(fd, (struct sockaddr*)address, size));
    EXPECT_OK(getsockname(fd, (struct sockaddr*)address, &size));
    return fd;
}

int main(void) {
    watchdog(60);
    struct sockaddr_in first_address, second_address, from;
    int first = bound(&first_address), second = bound(&second_address);
    socklen_t size = sizeof from;
    static char text[70000];
    EXPECT_EQ(sendto(first, "hello", 5, 0, (struct sockaddr*)&second_address, sizeof second_address), 5);
    EXPECT_EQ(sendto(first, "", 0, 0, (struct sockaddr*)&second_address, sizeof second_address), 0);
    EXPECT_EQ(recvfrom(second, text, 3, MSG_TRUNC, (struct sockaddr*)&from, &size), 5);
    EXPECT(from.sin_port == first_address.sin_port && from.sin_addr.s_addr == first_address.sin_addr.s_addr);
    EXPECT_EQ(recv(second, text, sizeof text, 0), 0);
    EXPECT_ERRNO(recv(second, text, sizeof text, MSG_DONTWAIT), EAGAIN);
    EXPECT_ERRNO(send(first, "x", 1, 0), EDESTADDRREQ);
    EXPECT_ERRNO(sendto(first, text, sizeof text, 0, (struct sockaddr*)&second_address, sizeof second_address),
                 EMSGSIZE);

    EXPECT_OK(connect(first, (struct sockaddr*)&second_address, sizeof second_address));
    struct iovec parts[2] = {{"one", 3}, {"two2", 4}};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1}},
                                  {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}}};
    EXPECT_EQ(sendmmsg(first, messages, 2, 0), 2);
    char buffers[2][16];
    struct iovec rooms[2] = {{buffers[0], 16}, {buffers[1], 16}};
    for (int i = 0; i < 2; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &rooms[i], .msg_iovlen = 1};
    EXPECT_EQ(recvmmsg(second, messages, 2, MSG_WAITFORONE, NULL), 2);
    EXPECT(messages[0].msg_len == 3 && messages[1].msg_len == 4 && memcmp(buffers[1], "two2", 4) == 0);

    struct sockaddr_in third_address;
    int third = bound(&third_address);
    EXPECT_EQ(sendto(third, "stranger", 8, 0, (struct sockaddr*)&first_address, sizeof first_address), 8);
    EXPECT_ERRNO(recv(first, text, sizeof text, MSG_DONTWAIT), EAGAIN);  // connected: only from its peer
    EXPECT_OK(close(second));
    EXPECT_EQ(send(first, "x", 1, 0), 1);
    EXPECT_ERRNO(recv(first, text, sizeof text, 0), ECONNREFUSED);
    return 0;
}
