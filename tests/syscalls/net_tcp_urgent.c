// SPDX-License-Identifier: Apache-2.0
//
// TCP's urgent byte: apart from the stream with MSG_OOB, within it with SO_OOBINLINE, SIOCATMARK at its place, SIGURG to
// the owner, POLLPRI; a reset by SO_LINGER 0 is ECONNRESET. tcp(7), socket(7).
#include "testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void connect_pair(int* client, int* server) {
    int listener = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(listen(listener, 1));
    EXPECT_OK(getsockname(listener, (struct sockaddr*)&address, &size));
    *client = EXPECT_OK(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_OK(connect(*client, (struct sockaddr*)&address, sizeof address));
    *server = EXPECT_OK(accept(listener, NULL, NULL));
    EXPECT_OK(close(listener));
}

static short wait_for(int fd, short events) {
    struct pollfd entry = {.fd = fd, .events = events};
    EXPECT_EQ(poll(&entry, 1, -1), 1);
    return entry.revents;
}

int main(void) {
    watchdog(60);
    int client, server, at_mark = -1, on = 1;
    char text[32] = "";
    connect_pair(&client, &server);
    EXPECT_ERRNO(recv(server, text, 1, MSG_OOB), EINVAL);  // none has come
    count_signals(SIGURG, SA_RESTART);
    EXPECT_OK(fcntl(server, F_SETOWN, getpid()));
    EXPECT_EQ(send(client, "abc", 3, 0), 3);
    EXPECT_EQ(send(client, "d!", 2, MSG_OOB), 2);  // the last byte is the urgent one
    EXPECT_EQ(send(client, "ef", 2, 0), 2);
    EXPECT((wait_for(server, POLLPRI) & POLLPRI) != 0);
    wait_until_at_least(signal_count, 1);
    EXPECT_EQ(recv(server, text, sizeof text, MSG_OOB), 1);
    EXPECT_EQ(text[0], '!');
    EXPECT_EQ(recv(server, text, sizeof text, MSG_WAITALL | MSG_PEEK) >= 1, true);
    EXPECT_EQ(recv(server, text, 4, MSG_WAITALL), 4);
    EXPECT_EQ(memcmp(text, "abcd", 4), 0);
    EXPECT_OK(ioctl(server, SIOCATMARK, &at_mark));
    EXPECT_EQ(at_mark, 1);
    EXPECT_EQ(recv(server, text, 2, MSG_WAITALL), 2);
    EXPECT_EQ(memcmp(text, "ef", 2), 0);
    EXPECT_OK(ioctl(server, SIOCATMARK, &at_mark));
    EXPECT_EQ(at_mark, 0);

    EXPECT_OK(setsockopt(server, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
    EXPECT_EQ(send(client, "?", 1, MSG_OOB), 1);
    wait_for(server, POLLPRI);
    EXPECT_ERRNO(recv(server, text, 1, MSG_OOB), EINVAL);
    EXPECT_OK(ioctl(server, SIOCATMARK, &at_mark));
    EXPECT_EQ(at_mark, 1);
    EXPECT_EQ(read(server, text, sizeof text), 1);
    EXPECT_EQ(text[0], '?');

    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    EXPECT_OK(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    EXPECT_OK(close(client));
    EXPECT((wait_for(server, POLLIN) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
    EXPECT_ERRNO(read(server, text, 1), ECONNRESET);
    EXPECT_EQ(read(server, text, 1), 0);
    int error = -1;
    socklen_t size = sizeof error;
    EXPECT_OK(getsockopt(server, SOL_SOCKET, SO_ERROR, &error, &size));
    EXPECT_EQ(error, 0);  // told already
    return 0;
}
