// SPDX-License-Identifier: Apache-2.0
//
// Options that programs set and read back: buffers are doubled, TCP_NODELAY, TCP_CORK holds until it is cleared,
// keep-alive times, TCP_INFO's state, SO_REUSEPORT shares a port, SO_ERROR of a refused connection, SO_RCVLOWAT,
// MSG_PEEK, MSG_TRUNC and MSG_WAITALL. tcp(7), socket(7), recv(2).
#include "testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

static int get(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_OK(getsockopt(fd, level, option, &value, &size));
    return value;
}

static void set(int fd, int level, int option, int value) {
    EXPECT_OK(setsockopt(fd, level, option, &value, sizeof value));
}

int main(void) {
    watchdog(60);
    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), second = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    EXPECT_EQ(get(listener, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    EXPECT_EQ(get(listener, SOL_SOCKET, SO_DOMAIN), AF_INET);
    EXPECT_EQ(get(listener, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    set(listener, SOL_SOCKET, SO_REUSEPORT, 1);
    set(second, SOL_SOCKET, SO_REUSEPORT, 1);
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));
    EXPECT_OK(bind(second, (struct sockaddr*)&address, sizeof address));
    EXPECT_EQ(get(listener, SOL_SOCKET, SO_ACCEPTCONN), 0);
    EXPECT_OK(listen(listener, 1));
    EXPECT_EQ(get(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    EXPECT_OK(close(second));

    int client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    set(client, SOL_SOCKET, SO_SNDBUF, 10000);
    EXPECT_EQ(get(client, SOL_SOCKET, SO_SNDBUF), 20000);
    set(client, IPPROTO_TCP, TCP_NODELAY, 1);
    EXPECT_EQ(get(client, IPPROTO_TCP, TCP_NODELAY), 1);
    set(client, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(client, IPPROTO_TCP, TCP_KEEPIDLE, 100);
    EXPECT_EQ(get(client, IPPROTO_TCP, TCP_KEEPIDLE), 100);
    struct tcp_info info;
    size = sizeof info;
    EXPECT_OK(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size));
    EXPECT_EQ(info.tcpi_state, TCP_CLOSE);
    EXPECT_OK(connect(client, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size));
    EXPECT_EQ(info.tcpi_state, TCP_ESTABLISHED);
    int server = EXPECT_OK(accept(listener, NULL, NULL));

    char text[64] = "";
    EXPECT_EQ(write(client, "0123456789", 10), 10);
    EXPECT_EQ(recv(server, text, 4, MSG_PEEK), 4);
    EXPECT_EQ(recv(server, text, 3, 0), 3);
    EXPECT_EQ(recv(server, NULL, 3, MSG_TRUNC), 3);  // dropped unseen
    EXPECT_EQ(recv(server, text, sizeof text, MSG_DONTWAIT), 4);
    EXPECT_EQ(memcmp(text, "6789", 4), 0);
    EXPECT_ERRNO(recv(server, text, 1, MSG_DONTWAIT), EAGAIN);
    set(server, SOL_SOCKET, SO_RCVLOWAT, 5);
    EXPECT_EQ(write(client, "abc", 3), 3);
    struct pollfd entry = {.fd = server, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, 20), 0);
    set(client, IPPROTO_TCP, TCP_CORK, 1);
    EXPECT_EQ(write(client, "de", 2), 2);
    set(client, IPPROTO_TCP, TCP_CORK, 0);
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    EXPECT_EQ(recv(server, text, 5, MSG_WAITALL), 5);
    EXPECT_OK(close(listener));

    int refused = EXPECT_OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (connect(refused, (struct sockaddr*)&address, sizeof address) == -1 && errno == EINPROGRESS) {
        entry = (struct pollfd){.fd = refused, .events = POLLOUT};
        EXPECT_EQ(poll(&entry, 1, -1), 1);
        EXPECT((entry.revents & POLLERR) != 0);
        EXPECT_EQ(get(refused, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
        EXPECT_EQ(get(refused, SOL_SOCKET, SO_ERROR), 0);
    } else {
        EXPECT_EQ(errno, ECONNREFUSED);
    }
    EXPECT_ERRNO(setsockopt(client, IPPROTO_TCP, 0x7777, &(int){1}, 4), ENOPROTOOPT);
    EXPECT_ERRNO(setsockopt(client, SOL_SOCKET, SO_SNDBUF, &(int){1}, 2), EINVAL);
    EXPECT_ERRNO(getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, text, &size), ENOTSOCK);
    return 0;
}
