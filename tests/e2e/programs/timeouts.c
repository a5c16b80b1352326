// SPDX-License-Identifier: Apache-2.0
//
// Waiting on one connection and what ends it: time-outs, signals with and without SA_RESTART, masks that let one in during the wait
// only. The peer answers each line with itself, when it is asked to. timeouts PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static int link_fd;
static volatile sig_atomic_t signals;

// The first signal asks the peer for a byte, so that a restarted read has something to read.
static void on_alarm(int number) {
  (void)number;
  ++signals;
}
static void ask(int number) {
  (void)number;
  ++signals;
  if (write(link_fd, "r", 1) != 1) _exit(9);
}

static void handle(void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(SIGALRM, &action, NULL);
}
static void alarm_soon(void) {
  struct itimerval in = {.it_value = {.tv_usec = 50000}};
  signals = 0;
  setitimer(ITIMER_REAL, &in, NULL);
}
static void tell(const char* what, long result) {
  printf("%s: %ld %s, %d signals\n", what, result, result < 0 ? strerrorname_np(errno) : "", signals);
  fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  char byte;
  link_fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(link_fd, (struct sockaddr*)&address, sizeof(address)) != 0) return 1;
  if (write(link_fd, "r", 1) != 1 || read(link_fd, &byte, 1) != 1) return 1;

  handle(on_alarm, 0);
  alarm_soon();
  tell("read, a handler without SA_RESTART", read(link_fd, &byte, 1));
  handle(ask, SA_RESTART);
  alarm_soon();
  tell("read, SA_RESTART", read(link_fd, &byte, 1));

  handle(on_alarm, SA_RESTART);
  struct pollfd polled = {.fd = link_fd, .events = POLLIN};
  alarm_soon();
  tell("poll", poll(&polled, 1, 5000));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(link_fd, &set);
  alarm_soon();
  tell("select", select(link_fd + 1, &set, NULL, NULL, NULL));
  int instance = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(instance, EPOLL_CTL_ADD, link_fd, &event);
  alarm_soon();
  tell("epoll_wait", epoll_wait(instance, &event, 1, -1));

  sigset_t blocked, open_set;
  sigemptyset(&open_set);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  signals = 0;
  raise(SIGALRM);
  tell("ppoll lets a pending one in", ppoll(&polled, 1, NULL, &open_set));
  signals = 0;
  raise(SIGALRM);
  FD_SET(link_fd, &set);
  tell("pselect lets a pending one in", pselect(link_fd + 1, &set, NULL, NULL, NULL, &open_set));
  signals = 0;
  raise(SIGALRM);
  tell("epoll_pwait lets a pending one in", epoll_pwait(instance, &event, 1, -1, &open_set));
  sigprocmask(SIG_UNBLOCK, &blocked, NULL);

  signals = 0;
  struct timeval wait = {.tv_usec = 30000};
  setsockopt(link_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  tell("read, SO_RCVTIMEO", read(link_fd, &byte, 1));
  tell("recv, MSG_DONTWAIT", recv(link_fd, &byte, 1, MSG_DONTWAIT));
  tell("poll, 10 ms", poll(&polled, 1, 10));
  tell("epoll_wait, 0", epoll_wait(instance, &event, 1, 0));
  if (write(link_fd, "abc", 3) != 3) return 1;
  poll(&polled, 1, -1);
  tell("read one of three", read(link_fd, &byte, 1));
  int left = 0;
  while (left < 2) ioctl(link_fd, FIONREAD, &left);
  tell("FIONREAD", left);
  tell("epoll_wait, level", epoll_wait(instance, &event, 1, 1000));
  char pair[4];
  tell("read the rest", read(link_fd, pair, sizeof(pair)));
  struct iovec pieces[2] = {{pair, 2}, {pair + 2, 2}};
  if (pwritev2(link_fd, pieces, 2, -1, 0) != 4) return 1;
  tell("MSG_WAITALL", recv(link_fd, pair, 4, MSG_WAITALL));
  tell("pread", pread(link_fd, pair, 1, 0));
  shutdown(link_fd, SHUT_WR);
  signal(SIGPIPE, on_alarm);
  signals = 0;
  tell("write after shutdown", write(link_fd, "x", 1));
  tell("with MSG_NOSIGNAL", send(link_fd, "x", 1, MSG_NOSIGNAL));
  wait.tv_sec = 20;
  setsockopt(link_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  tell("the end", read(link_fd, pair, 4));
  return 0;
}
