// SPDX-License-Identifier: Apache-2.0
//
// Ways in which a number, a socket that processes share, or an address may come to mean something else than what a rule was asked
// about (network_canaries.sh). Each prints what the calls return; whether a canary arrived in the clear the script sees at the sinks.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char** arguments;
static int port(int i) { return atoi(arguments[i]); }

static void say(const char* what, long result) {
    printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
    fflush(stdout);
}

static struct sockaddr_in v4(const char* text, int number) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}
static struct sockaddr_in6 v6(const char* text, int number) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(number)};
    inet_pton(AF_INET6, text, &address.sin6_addr);
    return address;
}
static int connect_v4(int fd, const char* text, int number) {
    struct sockaddr_in address = v4(text, number);
    return connect(fd, (struct sockaddr*)&address, sizeof address);
}
static int bind_v4(int fd, const char* text, int number) {
    struct sockaddr_in address = v4(text, number);
    return bind(fd, (struct sockaddr*)&address, sizeof address);
}
static int stream(int flags) {
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return fd;
}
static int listener(int number) {
    int fd = stream(0);
    if (bind_v4(fd, "127.0.0.1", number) != 0 || listen(fd, 5) != 0) say("listen", -1);
    return fd;
}

// A connect that the peer refuses, seen by the program.
static int refused(int number) {
    int fd = stream(SOCK_NONBLOCK), error = 0;
    socklen_t size = sizeof error;
    connect_v4(fd, "127.0.0.1", number);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    poll(&ready, 1, 5000);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    connect_v4(fd, "127.0.0.1", number);  // tells what is left of the first one
    return fd;
}

static void serve_canary(int listening) {
    fcntl(listening, F_SETFL, 0);
    printf("accepting\n");
    fflush(stdout);
    int fd = accept(listening, NULL, NULL);
    say("accept", fd);
    if (fd >= 0 && write(fd, "CANARY served\n", 14) > 0) read(fd, (char[16]){0}, 16);
}

// TLS LISTEN: a socket whose shielded connect failed listens.
static void relisten(void) {
    int fd = refused(port(0));
    say("listen without bind", listen(fd, 5));
    fd = refused(port(0));
    if (bind_v4(fd, "127.0.0.1", port(1)) != 0) say("bind", -1);
    say("listen by a rule", listen(fd, 5));
    serve_canary(fd);
}

static long send_message(int fd, void* name, socklen_t size, const char* text, int many) {
    struct iovec part = {(void*)text, strlen(text)};
    struct mmsghdr message = {.msg_hdr = {.msg_name = name, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1}};
    return many ? sendmmsg(fd, &message, 1, 0) : sendmsg(fd, &message.msg_hdr, 0);
}

// UNNAMED: an address that is longer than any is cut by the kernel.
static void long_name(void) {
    char name[256] = {0};
    struct sockaddr_in address = v4("127.0.0.1", port(0));
    memcpy(name, &address, sizeof address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    say("sendmsg", send_message(fd, name, 200, "CANARY long sendmsg", 0));
    say("sendmmsg", send_message(fd, name, 200, "CANARY long sendmmsg", 1));
    fd = socket(AF_INET6, SOCK_DGRAM, 0);
    say("sendmsg of IPv6", send_message(fd, name, 200, "CANARY long v6", 0));
}

static void to_wildcard(int family, const char* own, int number) {
    struct sockaddr_in own4 = v4(own, 0), any4 = v4("0.0.0.0", number);
    struct sockaddr_in6 own6 = v6(own, 0), any6 = v6("::", number);
    struct sockaddr* bound = family == AF_INET ? (struct sockaddr*)&own4 : (struct sockaddr*)&own6;
    struct sockaddr* any = family == AF_INET ? (struct sockaddr*)&any4 : (struct sockaddr*)&any6;
    socklen_t size = family == AF_INET ? sizeof any4 : sizeof any6;
    for (int way = 0; way < 5; ++way) {
        int fd = socket(family, (way == 0 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
        if (bind(fd, bound, size) != 0) say("bind", -1);
        char text[80];
        snprintf(text, sizeof text, "CANARY wildcard %s way %d\n", own, way);
        if (way < 2) {
            connect(fd, any, size);
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, 500);
            write(fd, text, strlen(text));
        } else if (way == 2) {
            sendto(fd, text, strlen(text), 0, any, size);
        } else {
            send_message(fd, any, size, text, way == 4);
        }
        close(fd);
    }
    printf("wildcard from %s: done\n", own);
}

// P Q: what is meant by the wildcard depends on what the socket is bound to. Unbound it is the loopback, where P may be talked to.
static void wildcard(void) {
    to_wildcard(AF_INET, "127.0.0.2", port(0));
    to_wildcard(AF_INET6, "::ffff:127.0.0.1", port(1));
    int fd = stream(0);
    say("connect unbound", connect_v4(fd, "0.0.0.0", port(0)));
    write(fd, "allowed tcp\n", 12);
    struct sockaddr_in6 any = v6("::", port(1));
    fd = socket(AF_INET6, SOCK_DGRAM, 0);
    say("send unbound", sendto(fd, "allowed udp\n", 12, 0, (struct sockaddr*)&any, sizeof any));
}

// TLS OFF: two listeners; the number of a closed shielded connection is next a plain one's.
static void mixed(void) {
    int shielded = listener(port(0)), plain = listener(port(1));
    char text[16];
    int fd = accept(shielded, NULL, NULL);
    read(fd, text, sizeof text);
    write(fd, "shielded\n", 9);
    close(fd);
    int next = accept(plain, NULL, NULL);
    printf("%s number\n", next == fd ? "the same" : "another");
    say("read", read(next, text, sizeof text));
    say("write", write(next, "in the clear\n", 13));
}

static void* try_to_leave(void* unused) {
    say("unshare in a thread", unshare(CLONE_FILES));
    say("close_range in a thread", close_range(200, 201, CLOSE_RANGE_UNSHARE));
    return unused;
}
static int clone_child(void* unused) { return unused != NULL; }

// One process has one table of descriptors.
static void tables(void) {
    static char stack[65536] __attribute__((aligned(16)));
    say("unshare alone", unshare(CLONE_FILES));
    say("close_range alone", close_range(200, 201, CLOSE_RANGE_UNSHARE));
    pthread_t thread;
    pthread_create(&thread, NULL, try_to_leave, NULL);
    pthread_join(thread, NULL);
    say("unshare alone again", unshare(CLONE_FILES));
    char* top = stack + sizeof stack;
    say("a process that shares", clone(clone_child, top, CLONE_VM | CLONE_FILES | SIGCHLD, NULL));
    say("vfork that shares", clone(clone_child, top, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, NULL));
    say("a thread that does not", syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, top, NULL, NULL, NULL));
}

// TLS OFF UNUSED LISTEN: a socket that parent and child have.
static void shared(void) {
    int fd = stream(0);
    say("connect", connect_v4(fd, "127.0.0.1", port(1)));
    if (fork() == 0) {
        struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
        say("dissolve", connect(fd, &unspecified, sizeof unspecified));
        say("connect again", connect_v4(fd, "127.0.0.1", port(0)));
        _exit(0);
    }
    wait(NULL);
    say("write", write(fd, "allowed shared\n", 15));
    close(fd);

    signal(SIGPIPE, SIG_IGN);
    fd = refused(port(2));  // in the clear by its rule, and nobody is there
    if (fork() == 0) {
        connect_v4(fd, "127.0.0.1", port(0));
        poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 5000);
        _exit(0);
    }
    wait(NULL);
    say("write where the child connected", write(fd, "CANARY shared\n", 14));
    close(fd);

    fd = refused(port(2));
    if (fork() == 0) {
        if (bind_v4(fd, "127.0.0.1", port(3)) != 0) say("bind", -1);
        say("listen in the child", listen(fd, 5));
        _exit(0);
    }
    wait(NULL);
    serve_canary(fd);
}

static void inherited(void) { serve_canary(0); }

int main(int count, char** values) {
    static const struct {
        const char* name;
        void (*run)(void);
    } kWays[] = {{"relisten", relisten}, {"long_name", long_name}, {"wildcard", wildcard}, {"mixed", mixed},
                 {"tables", tables},     {"shared", shared},       {"inherited", inherited}};
    if (count < 2) return 2;
    arguments = values + 2;
    alarm(60);
    for (size_t i = 0; i < sizeof kWays / sizeof *kWays; ++i) {
        if (strcmp(values[1], kWays[i].name) == 0) kWays[i].run();
    }
    return 0;
}
