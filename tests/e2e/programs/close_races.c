// SPDX-License-Identifier: Apache-2.0
//
// Threads that write and read connections while another thread closes these, so that their numbers go to the next ones at once:
//
//   close_races PORT WAY     WAY: close, dup2 or epoll (beside close, a thread that waits for all of them)
//
// Every connection gets a thread that writes a secret as fast as it can and one that reads; the acceptor closes the connection that
// was accepted kKept rounds before. A thread goes on until its call fails, and closes nothing.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kKept = 3 };
static const char kSecret[] = "a secret that nobody may see on the wire";

static void stop(const char* what) {
    perror(what);
    exit(1);
}

static void* write_on(void* argument) {
    while (send((int)(long)argument, kSecret, sizeof(kSecret) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 ||
           errno == EAGAIN) {
    }
    return NULL;
}

static void* read_on(void* argument) {
    char byte;
    while (recv((int)(long)argument, &byte, 1, MSG_DONTWAIT) == 1 || errno == EAGAIN) {
    }
    return NULL;
}

static void* wait_on(void* argument) {
    struct epoll_event events[16];
    while (epoll_wait((int)(long)argument, events, 16, -1) >= 0 || errno == EINTR) {
    }
    return NULL;
}

static void begin(void* (*function)(void*), int fd) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, (void*)(long)fd) != 0) stop("pthread_create");
    pthread_detach(thread);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr*)&address, sizeof(address)) != 0 || listen(listener, 64) != 0) stop("listen");
    int set = epoll_create1(0), unconnected = socket(AF_INET, SOCK_STREAM, 0), kept[kKept] = {-1, -1, -1};
    if (strcmp(argv[2], "epoll") == 0) begin(wait_on, set);
    for (long round = 0;; ++round) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) stop("accept");
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
        if (strcmp(argv[2], "epoll") == 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0) stop("epoll_ctl");
        begin(write_on, fd);
        begin(read_on, fd);
        int* oldest = &kept[round % kKept];
        if (*oldest >= 0 && strcmp(argv[2], "dup2") == 0 && dup2(unconnected, *oldest) != *oldest) stop("dup2");
        if (*oldest >= 0) close(*oldest);
        *oldest = fd;
    }
}
