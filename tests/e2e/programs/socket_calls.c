// SPDX-License-Identifier: Apache-2.0
//
// Calls on a connection that servers seldom make: socket_calls PORT. Listens at [::1] in the clear; each connection's first byte says
// what is done with it (socket_calls_client.py).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void need(int is_true, const char* what) {
    if (is_true) return;
    perror(what);
    fprintf(stderr, "WRONG %s\n", what);
    exit(1);
}

static void many_messages(int fd) {
    char bytes[4][100];
    struct iovec pieces[4];
    struct mmsghdr messages[4] = {0};
    for (int i = 0; i < 4; ++i) {
        pieces[i] = (struct iovec){bytes[i], 3};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int have = 0;
    while (have < 12) {
        const int count = recvmmsg(fd, messages, 4, MSG_WAITFORONE, NULL);
        need(count > 0, "recvmmsg");
        for (int i = 0; i < count; ++i) {
            have += (int)messages[i].msg_len;
            need(send(fd, bytes[i], messages[i].msg_len, 0) == messages[i].msg_len, "send");
        }
    }
    for (int i = 0; i < 4; ++i)
        pieces[i] = (struct iovec){bytes[i], (size_t)snprintf(bytes[i], 100, "message %d\n", i)};
    need(sendmmsg(fd, messages, 4, 0) == 4, "sendmmsg");
    need(messages[3].msg_len == 10, "sendmmsg: size");
}

// The connection is cut, what waits is dropped, and close does not wait.
static void linger(int fd) {
    struct linger cut = {1, 0};
    static char data[1 << 20];
    need(setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut)) == 0, "SO_LINGER");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, data, sizeof(data)) > 0) {
    }
    need(errno == EAGAIN, "write");
}

// Ten bytes in one record, read one by one: what the kernel does not know of must wake the wait each time.
static void by_epoll(int fd, int outer, int waited) {
    for (int i = 0; i < 10; ++i) {
        struct epoll_event event;
        char byte;
        need(epoll_wait(outer, &event, 1, 20000) == 1, "epoll_wait: no event");
        need(event.data.fd == 77, "epoll_wait: data");
        if (waited >= 0) need(epoll_wait(waited, &event, 1, 20000) == 1, "the inner epoll_wait: no event");
        need(read(fd, &byte, 1) == 1, "read");
        need(write(fd, &byte, 1) == 1, "write");
    }
}

static int watching(int fd, uint32_t events) {
    const int instance = epoll_create1(0);
    struct epoll_event event = {.events = events, .data.fd = 77};
    need(epoll_ctl(instance, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    return instance;
}

static void low_water(int fd) {
    struct pollfd one = {fd, POLLIN, 0};
    char bytes[10];
    need(poll(&one, 1, 20000) == 1, "poll");
    need(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 5, "fewer bytes than SO_RCVLOWAT");
    need(write(fd, "low", 3) == 3, "write");
}

static void* last_words(void* given) {
    const int fd = *(int*)given;
    char byte;
    need(read(fd, &byte, 1) == 1 && write(fd, "last", 4) == 4, "last words");
    syscall(SYS_exit, 0);  // the main thread has gone before
    return NULL;
}

int main(int count, char** arguments) {
    if (count != 2) return 2;
    struct sockaddr_in6 at = {
        .sin6_family = AF_INET6, .sin6_port = htons(atoi(arguments[1])), .sin6_addr = in6addr_loopback};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1, five = 5;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    need(bind(listener, (void*)&at, sizeof(at)) == 0 && listen(listener, 5) == 0, "listen");
    static int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        char what;
        need(read(fd, &what, 1) == 1, "the first byte");
        int outer, inner, other;
        switch (what) {
            case 'm': many_messages(fd); break;
            case 'l': linger(fd); break;
            case 'x': by_epoll(fd, outer = watching(fd, EPOLLIN | EPOLLEXCLUSIVE), -1), close(outer); break;
            case 'e': by_epoll(fd, outer = watching(fd, EPOLLIN), -1), close(outer); break;
            case 'd':  // by another number of the instance, the first is closed
                inner = watching(fd, EPOLLIN), outer = dup(inner), close(inner);
                by_epoll(fd, outer, -1), close(outer);
                break;
            case 'n':
                inner = watching(fd, EPOLLIN), outer = watching(inner, EPOLLIN);
                by_epoll(fd, outer, inner), close(outer), close(inner);
                break;
            case 'N':
                inner = watching(fd, EPOLLIN), outer = watching(inner, EPOLLIN), other = watching(outer, EPOLLIN);
                by_epoll(fd, other, inner), close(outer), close(inner), close(other);
                break;
            case 's':
                need(setsockopt(listener, SOL_SOCKET, SO_RCVLOWAT, &five, sizeof(five)) == 0, "SO_RCVLOWAT");
                break;
            case 'w': low_water(fd); break;
            case 'q': {
                pthread_t thread;
                need(pthread_create(&thread, NULL, last_words, &fd) == 0, "pthread_create");
                syscall(SYS_exit, 0);
            }
        }
        close(fd);
    }
    need(0, "accept");
}
