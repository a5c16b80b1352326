// SPDX-License-Identifier: Apache-2.0
//
// TCP over 127.0.0.1: addresses at both ends, accept4's flags, non-blocking connect with poll and SO_ERROR,
// half-close, MSG_PEEK and MSG_WAITALL, a megabyte each way, reset by SO_LINGER 0, refused connections.
// tcp(7), accept(2).
#include "testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

static struct sockaddr_in address = {.sin_family = AF_INET};
enum { kSize = 1 << 20 };

static void* send_much(void* argument) {
    static char data[kSize];
    for (int i = 0; i < kSize; i++) data[i] = (char)(i >> 4);
    for (ssize_t sent = 0; sent < kSize;)
        sent += EXPECT_OK(send(*(int*)argument, data + sent, (size_t)(kSize - sent), 0));
    return NULL;
}

int main(void) {
    watchdog(60);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), on = 1, error = -1;
    EXPECT_OK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, size));
    EXPECT_OK(listen(listener, 10));
    EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));
    EXPECT_ERRNO(accept4(listener, NULL, NULL, 0), EAGAIN);
    int client = EXPECT_OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (connect(client, (struct sockaddr*)&address, size) == -1) EXPECT_EQ(errno, EINPROGRESS);
    struct pollfd entries[2] = {{.fd = client, .events = POLLOUT}, {.fd = listener, .events = POLLIN}};
    for (int i = 0; i < 2; i++) EXPECT_EQ(poll(&entries[i], 1, -1), 1);
    size = sizeof error;
    EXPECT_OK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size));
    EXPECT_EQ(error, 0);
    struct sockaddr_in peer, own;
    socklen_t peer_size = sizeof peer, own_size = sizeof own;
    int server = EXPECT_OK(accept4(listener, (struct sockaddr*)&peer, &peer_size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    EXPECT(fcntl(server, F_GETFD) == FD_CLOEXEC && (fcntl(server, F_GETFL) & O_NONBLOCK));
    EXPECT_OK(getsockname(client, (struct sockaddr*)&own, &own_size));
    EXPECT(peer_size == own_size && peer.sin_port == own.sin_port && peer.sin_addr.s_addr == own.sin_addr.s_addr);
    EXPECT_OK(getpeername(client, (struct sockaddr*)&peer, &peer_size));
    EXPECT_EQ(peer.sin_port, address.sin_port);
    EXPECT_OK(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    EXPECT_OK(fcntl(server, F_SETFL, 0));
    EXPECT_OK(fcntl(client, F_SETFL, 0));

    static char text[kSize];
    EXPECT_EQ(send(client, "peek", 4, 0), 4);
    EXPECT_EQ(recv(server, text, 4, MSG_PEEK | MSG_WAITALL), 4);
    EXPECT_EQ(recv(server, text, 4, MSG_WAITALL), 4);
    EXPECT_EQ(memcmp(text, "peek", 4), 0);
    for (int way = 0; way < 2; way++) {
        pthread_t thread = start_thread(send_much, way == 0 ? &client : &server);
        EXPECT_EQ(recv(way == 0 ? server : client, text, kSize, MSG_WAITALL), kSize);
        for (int i = 0; i < kSize; i++) EXPECT_EQ(text[i], (char)(i >> 4));
        join_thread(thread);
    }
    EXPECT_OK(shutdown(client, SHUT_WR));
    EXPECT_EQ(recv(server, text, 10, 0), 0);
    EXPECT_EQ(send(server, "still", 5, 0), 5);
    EXPECT_EQ(recv(client, text, 10, 0), 5);
    EXPECT_OK(setsockopt(server, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)));
    EXPECT_OK(close(server));
    entries[0].events = POLLIN;
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_ERRNO(recv(client, text, 10, 0), ECONNRESET);
    EXPECT_OK(close(listener));
    EXPECT_ERRNO(connect(EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr*)&address, sizeof address),
                 ECONNREFUSED);
    return 0;
}
