// SPDX-License-Identifier: Apache-2.0
//
// An echo server over plain TCP in every way of waiting that Linux has. The network shield makes its port speak TLS; the same
// client asks it natively in the clear and protected over TLS, and must see no difference.
//
//   echo_server MODE PORT [FILE]
//   MODE: blocking threads poll select epoll-lt epoll-et epoll-oneshot prefork fork first total peek sendfile
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMost = 1024, kMostPeers = 4096, kBuffer = 65536 };

static void stop(const char* what) {
  perror(what);
  _exit(1);
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr*)&address, sizeof(address)) != 0) stop("bind");
  if (listen(fd, 512) != 0) stop("listen");
  puts("ready");
  fflush(stdout);
  return fd;
}

static int send_all(int fd, const char* from, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    from += sent;
    size -= (size_t)sent;
  }
  return 0;
}

// ---- one connection, blocking ----

static void echo(int fd, size_t at_a_time) {
  char buffer[kBuffer];
  ssize_t size;
  while ((size = read(fd, buffer, at_a_time)) > 0) {
    if (send_all(fd, buffer, (size_t)size) != 0) break;
  }
  close(fd);
}

static void* echo_thread(void* argument) {
  echo((int)(long)argument, kBuffer);
  return NULL;
}

static void greet(int fd) {
  if (send_all(fd, "HELLO\n", 6) == 0) echo(fd, kBuffer);
}

// Counts until the peer's end, then answers: half-close.
static void total(int fd) {
  char buffer[kBuffer], line[64];
  long sum = 0;
  ssize_t size;
  while ((size = read(fd, buffer, sizeof(buffer))) > 0) sum += size;
  if (size == 0) {
    int length = snprintf(line, sizeof(line), "total %ld\n", sum);
    send_all(fd, line, (size_t)length);
    shutdown(fd, SHUT_WR);
    if (send(fd, "x", 1, MSG_NOSIGNAL) != -1 || errno != EPIPE) fputs("no EPIPE after shutdown\n", stderr);
  }
  close(fd);
}

// Messages of ten bytes: looked at, waited for, read.
static void peek(int fd) {
  char first[3], message[10];
  while (recv(fd, first, sizeof(first), MSG_PEEK) > 0) {
    if (recv(fd, message, sizeof(message), MSG_WAITALL) != sizeof(message)) break;
    if (message[0] != first[0]) fputs("peeked something else\n", stderr);
    if (send_all(fd, message, sizeof(message)) != 0) break;
  }
  close(fd);
}

static void give_file(int fd, const char* path) {
  int file = open(path, O_RDONLY);
  ssize_t sent;
  while ((sent = sendfile(fd, file, NULL, 1 << 20)) > 0) {
  }
  if (sent < 0) perror("sendfile");
  close(file);
  close(fd);
}

// ---- many connections, non-blocking ----

struct Peer {
  char* bytes;
  size_t begin, end;
  int is_over;
};
static struct Peer peers[kMostPeers];

static void drop(int fd) {
  free(peers[fd].bytes);
  memset(&peers[fd], 0, sizeof(peers[fd]));
  close(fd);
}

// 0: gone. Reads and writes until EAGAIN either way.
static int serve(int fd) {
  struct Peer* peer = &peers[fd];
  if (peer->bytes == NULL) peer->bytes = malloc(kBuffer);
  while (1) {
    int moved = 0;
    if (peer->begin == peer->end) peer->begin = peer->end = 0;
    if (!peer->is_over && peer->end < kBuffer) {
      ssize_t got = recv(fd, peer->bytes + peer->end, kBuffer - peer->end, 0);
      if (got == 0) peer->is_over = 1;
      if (got < 0 && errno != EAGAIN) return drop(fd), 0;
      if (got > 0) peer->end += (size_t)got, moved = 1;
    }
    if (peer->begin < peer->end) {
      ssize_t sent = send(fd, peer->bytes + peer->begin, peer->end - peer->begin, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return drop(fd), 0;
      if (sent > 0) peer->begin += (size_t)sent, moved = 1;
    }
    if (peer->is_over && peer->begin == peer->end) return drop(fd), 0;
    if (!moved) return 1;
  }
}

static short wanted(int fd) {
  const struct Peer* peer = &peers[fd];
  const int room = peer->begin == peer->end || peer->end < kBuffer;
  return (short)((!peer->is_over && room ? POLLIN : 0) | (peer->begin < peer->end ? POLLOUT : 0));
}

static int accept_one(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

static void poll_loop(int listener) {
  static struct pollfd set[kMost];
  static int is_open[kMost];
  while (1) {
    int count = 0;
    set[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int fd = 0; fd < kMost; ++fd) {
      if (is_open[fd]) set[count++] = (struct pollfd){.fd = fd, .events = wanted(fd)};
    }
    if (poll(set, (nfds_t)count, -1) < 0 && errno != EINTR) stop("poll");
    for (int i = 1; i < count; ++i) {
      if (set[i].revents != 0 && !serve(set[i].fd)) is_open[set[i].fd] = 0;
    }
    if ((set[0].revents & POLLIN) != 0) {
      int fd = accept_one(listener);
      if (fd >= 0 && fd < kMost) is_open[fd] = 1;
    }
  }
}

static void select_loop(int listener) {
  static int is_open[FD_SETSIZE];
  while (1) {
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(listener, &in);
    for (int fd = 0; fd < FD_SETSIZE; ++fd) {
      if (!is_open[fd]) continue;
      if ((wanted(fd) & POLLIN) != 0) FD_SET(fd, &in);
      if ((wanted(fd) & POLLOUT) != 0) FD_SET(fd, &out);
    }
    if (select(FD_SETSIZE, &in, &out, NULL, NULL) < 0 && errno != EINTR) stop("select");
    for (int fd = 0; fd < FD_SETSIZE; ++fd) {
      if (is_open[fd] && (FD_ISSET(fd, &in) || FD_ISSET(fd, &out)) && !serve(fd)) is_open[fd] = 0;
    }
    if (FD_ISSET(listener, &in)) {
      int fd = accept_one(listener);
      if (fd >= 0 && fd < FD_SETSIZE) is_open[fd] = 1;
    }
  }
}

static void epoll_loop(int listener, uint32_t flags) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  if (epoll_ctl(set, EPOLL_CTL_ADD, listener, &event) != 0) stop("epoll_ctl");
  struct epoll_event events[64];
  while (1) {
    int count = epoll_wait(set, events, 64, -1);
    if (count < 0 && errno != EINTR) stop("epoll_wait");
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      int operation = EPOLL_CTL_MOD;
      if (fd == listener) {
        fd = accept_one(listener);
        if (fd < 0) continue;
        if (fd >= kMostPeers) stop("too many");
        operation = EPOLL_CTL_ADD;
      } else if (!serve(fd)) {
        continue;
      }
      event.data.fd = fd;
      event.events = flags | ((flags & EPOLLET) != 0 ? EPOLLIN | EPOLLOUT | EPOLLRDHUP : 0);
      if ((flags & EPOLLET) == 0) event.events |= (uint32_t)wanted(fd);
      const int is_edge_known = operation == EPOLL_CTL_MOD && (flags & EPOLLET) != 0 && (flags & EPOLLONESHOT) == 0;
      if (!is_edge_known && epoll_ctl(set, operation, fd, &event) != 0) stop("epoll_ctl");
    }
  }
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* mode = argv[1];
  signal(SIGCHLD, SIG_IGN);
  int listener = listen_on(atoi(argv[2]));
  if (strcmp(mode, "poll") == 0) poll_loop(listener);
  if (strcmp(mode, "select") == 0) select_loop(listener);
  if (strcmp(mode, "epoll-lt") == 0) epoll_loop(listener, 0);
  if (strcmp(mode, "epoll-et") == 0) epoll_loop(listener, EPOLLET);
  if (strcmp(mode, "epoll-oneshot") == 0) epoll_loop(listener, EPOLLONESHOT);
  if (strcmp(mode, "prefork") == 0) {
    for (int i = 0; i < 3; ++i) {
      if (fork() == 0) {
        while (1) echo(accept(listener, NULL, NULL), kBuffer);
      }
    }
    while (1) pause();
  }
  while (1) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) stop("accept");
    pthread_t thread;
    if (strcmp(mode, "blocking") == 0) echo(fd, 7);
    if (strcmp(mode, "first") == 0) greet(fd);
    if (strcmp(mode, "total") == 0) total(fd);
    if (strcmp(mode, "peek") == 0) peek(fd);
    if (strcmp(mode, "sendfile") == 0) give_file(fd, argv[3]);
    if (strcmp(mode, "threads") == 0) {
      pthread_create(&thread, NULL, echo_thread, (void*)(long)fd);
      pthread_detach(thread);
    }
    if (strcmp(mode, "fork") == 0) {
      if (fork() == 0) {
        close(listener);
        echo(fd, kBuffer);
        _exit(0);
      }
      close(fd);
    }
  }
}
