// SPDX-License-Identifier: Apache-2.0
//
// A server that closes connections with output that the peer has not taken, and serves the next one at once, by one thread that
// never waits for a peer:
//
//   close_early PORT early   writes HELLO to the first connection before anything came, closes it
//   close_early PORT full    waits for a byte, writes until the socket takes no more, closes
//
// The second connection is told how many bytes the first one was written, and closed. Then all over again.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(const char* what) {
    perror(what);
    exit(1);
}

static void wait_for(int fd, short events) {
    struct pollfd one = {.fd = fd, .events = events};
    if (poll(&one, 1, -1) < 0) stop("poll");
}

static long fill(int fd) {
    static char bytes[65536];
    memset(bytes, 'x', sizeof(bytes));
    char first;
    while (recv(fd, &first, 1, 0) != 1) {
        if (errno != EAGAIN) stop("recv");
        wait_for(fd, POLLIN);
    }
    long sum = 0;
    ssize_t sent;
    while ((sent = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL)) > 0) sum += sent;
    if (errno != EAGAIN) stop("send");
    return sum;
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr*)&address, sizeof(address)) != 0 || listen(listener, 16) != 0) stop("listen");
    while (1) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) stop("accept");
        long sum = 6;
        if (strcmp(argv[2], "full") == 0) {
            sum = fill(fd);
        } else if (send(fd, "HELLO\n", 6, MSG_NOSIGNAL) != 6) {
            stop("send");
        }
        close(fd);
        int second = accept(listener, NULL, NULL);
        if (second != fd) fprintf(stderr, "the number %d was not free again: %d\n", fd, second);
        char line[32];
        int length = snprintf(line, sizeof(line), "%ld\n", sum);
        if (send(second, line, (size_t)length, MSG_NOSIGNAL) != length) stop("send");
        close(second);
    }
}
