// SPDX-License-Identifier: Apache-2.0
//
// IPv6 sockets: a listener on :: takes IPv4 as a mapped address unless IPV6_V6ONLY, ports are shared with IPv4 then,
// scope and flow in addresses, UDP with its destination by IPV6_RECVPKTINFO. ipv6(7).
#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int bound(int type, bool only, struct sockaddr_in6* address) {
    int fd = socket(AF_INET6, type, 0);
    if (fd == -1) SKIP("no IPv6: %s", strerror(errno));
    int value = only;
    EXPECT_OK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value));
    socklen_t size = sizeof *address;
    if (bind(fd, (struct sockaddr*)address, sizeof *address) == -1) SKIP("no IPv6 address: %s", strerror(errno));
    EXPECT_OK(getsockname(fd, (struct sockaddr*)address, &size));
    EXPECT_EQ(size, sizeof *address);
    return fd;
}

int main(void) {
    watchdog(60);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any}, got;
    int listener = bound(SOCK_STREAM, false, &any);
    EXPECT_OK(listen(listener, 2));
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = any.sin6_port};
    int client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_OK(connect(client, (struct sockaddr*)&four, sizeof four));
    socklen_t size = sizeof got;
    int server = EXPECT_OK(accept(listener, (struct sockaddr*)&got, &size));
    EXPECT_EQ(size, sizeof got);
    EXPECT(IN6_IS_ADDR_V4MAPPED(&got.sin6_addr));
    char text[INET6_ADDRSTRLEN];
    EXPECT(inet_ntop(AF_INET6, &got.sin6_addr, text, sizeof text) != NULL);
    EXPECT_STREQ(text, "::ffff:127.0.0.1");
    EXPECT_EQ(write(server, "x", 1), 1);
    EXPECT_EQ(read(client, text, sizeof text), 1);
    EXPECT_ERRNO(bind(EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr*)&four, sizeof four), EADDRINUSE);

    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int only = bound(SOCK_STREAM, true, &loopback);
    EXPECT_OK(listen(only, 2));
    four.sin_port = loopback.sin6_port;
    EXPECT_ERRNO(connect(EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr*)&four, sizeof four),
                 ECONNREFUSED);
    EXPECT_OK(bind(EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr*)&four, sizeof four));
    int six = EXPECT_OK(socket(AF_INET6, SOCK_STREAM, 0));
    EXPECT_OK(connect(six, (struct sockaddr*)&loopback, sizeof loopback));
    EXPECT_OK(accept(only, NULL, NULL));
    EXPECT_ERRNO(bind(EXPECT_OK(socket(AF_INET6, SOCK_STREAM, 0)), (struct sockaddr*)&four, sizeof four), EINVAL);

    loopback.sin6_port = 0;
    int receiver = bound(SOCK_DGRAM, true, &loopback), on = 1;
    EXPECT_OK(setsockopt(receiver, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on));
    int sender = EXPECT_OK(socket(AF_INET6, SOCK_DGRAM, 0));
    EXPECT_EQ(sendto(sender, "datagram", 8, 0, (struct sockaddr*)&loopback, sizeof loopback), 8);
    char bytes[16], control[256];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_name = &got,
                             .msg_namelen = sizeof got,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    EXPECT_EQ(recvmsg(receiver, &message, 0), 8);
    EXPECT(IN6_IS_ADDR_LOOPBACK(&got.sin6_addr) && got.sin6_port != 0);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    EXPECT(header != NULL && header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO);
    return 0;
}
