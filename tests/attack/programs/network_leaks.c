// SPDX-License-Identifier: Apache-2.0
//
// Tries to get a canary out of the process in the clear, by every way that sockets offer beside a plain connect+write. Run under
// network rules (attested_network.sh); sinks outside record what arrives. One line a way: its name and what the last call said.
// "LEFT" means that a call which takes bytes took them: allowed only where the line's name begins with "allowed".
//
//   network_leaks CANARY TLS-PORT UNNAMED-PORT OFF-PORT LISTEN-PORT
//
// TLS-PORT: a connect rule with TLS, a sink that speaks in the clear behind it. OFF-PORT: tls: off. UNNAMED-PORT: no rule.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *canary;
static size_t size;
static int tls_port, unnamed_port, off_port, listen_port;

static void say(const char *way, long result) {
  if (result < 0) {
    printf("%s: %s\n", way, strerrorname_np(errno));
  } else {
    printf("%s: LEFT %ld\n", way, result);
  }
  fflush(stdout);
}

static struct sockaddr_in v4(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ip, &a.sin_addr);
  return a;
}
static struct sockaddr_in6 v6(const char *ip, int port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, ip, &a.sin6_addr);
  return a;
}

static long message(int fd, void *name, socklen_t length, int flags) {
  struct iovec piece = {(void *)canary, size};
  struct msghdr m = {.msg_name = name, .msg_namelen = length, .msg_iov = &piece, .msg_iovlen = 1};
  return sendmsg(fd, &m, flags);
}
static long messages(int fd, void *first, socklen_t first_length, void *second, socklen_t second_length) {
  struct iovec piece = {(void *)canary, size};
  struct mmsghdr m[2] = {{.msg_hdr = {.msg_name = first, .msg_namelen = first_length, .msg_iov = &piece, .msg_iovlen = 1}},
                         {.msg_hdr = {.msg_name = second, .msg_namelen = second_length, .msg_iov = &piece, .msg_iovlen = 1}}};
  return sendmmsg(fd, m, second != NULL ? 2 : 1, 0);
}

// connect, then write, if the first was let.
static void dial(const char *way, int fd, void *address, socklen_t length) {
  if (fd < 0) return say(way, -1);
  long result = connect(fd, address, length);
  if (result == 0) result = send(fd, canary, size, MSG_NOSIGNAL);
  say(way, result);
  close(fd);
}

static void datagrams(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct sockaddr_in to = v4("127.0.0.1", unnamed_port), off = v4("127.0.0.1", off_port), any = v4("0.0.0.0", unnamed_port);
  struct sockaddr_in unspecified = to;
  struct sockaddr_in6 mapped = v6("::ffff:127.0.0.1", unnamed_port), to6 = v6("::1", unnamed_port);
  unspecified.sin_family = AF_UNSPEC;  // udp_sendmsg takes it for AF_INET
  say("udp sendto", sendto(fd, canary, size, 0, (void *)&to, sizeof(to)));
  say("udp sendto to any", sendto(fd, canary, size, 0, (void *)&any, sizeof(any)));
  say("udp sendto unspecified", sendto(fd, canary, size, 0, (void *)&unspecified, sizeof(unspecified)));
  say("udp sendto mapped", sendto(six, canary, size, 0, (void *)&mapped, sizeof(mapped)));
  say("udp sendto v6", sendto(six, canary, size, 0, (void *)&to6, sizeof(to6)));
  say("udp sendto v4 on v6", sendto(six, canary, size, 0, (void *)&to, sizeof(to)));
  say("udp sendmsg", message(fd, &to, sizeof(to), 0));
  say("udp sendmsg unspecified", message(fd, &unspecified, sizeof(unspecified), 0));
  say("udp sendmsg mapped", message(six, &mapped, sizeof(mapped), 0));
  say("udp sendmmsg", messages(fd, &to, sizeof(to), NULL, 0));
  say("udp sendmmsg unspecified", messages(fd, &unspecified, sizeof(unspecified), NULL, 0));
  say("allowed udp sendmmsg, the first of two", messages(fd, &off, sizeof(off), &to, sizeof(to)));
  say("allowed udp to a tls: off address", sendto(fd, "fine", 4, 0, (void *)&off, sizeof(off)));
  to.sin_port = htons(tls_port);
  say("udp sendto where TLS is named", sendto(fd, canary, size, 0, (void *)&to, sizeof(to)));
  to.sin_port = htons(unnamed_port);
  dial("udp connect", fd, &to, sizeof(to));
  dial("udp connect mapped", six, &mapped, sizeof(mapped));
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  say("udp bind", bind(fd, (void *)&to, sizeof(to)));
  unspecified.sin_addr.s_addr = INADDR_ANY;
  say("udp bind unspecified", bind(fd, (void *)&unspecified, sizeof(unspecified)));
  close(fd);
}

static void connections(void) {
  struct sockaddr_in to = v4("127.0.0.1", unnamed_port), any = v4("0.0.0.0", unnamed_port), tls = v4("127.0.0.1", tls_port);
  struct sockaddr_in any_tls = v4("0.0.0.0", tls_port);
  struct sockaddr_in6 mapped = v6("::ffff:127.0.0.1", unnamed_port), to6 = v6("::1", unnamed_port), any6 = v6("::", unnamed_port);
  struct sockaddr_in6 mapped_tls = v6("::ffff:127.0.0.1", tls_port);
  dial("tcp connect", socket(AF_INET, SOCK_STREAM, 0), &to, sizeof(to));
  dial("tcp connect to any", socket(AF_INET, SOCK_STREAM, 0), &any, sizeof(any));
  dial("tcp connect to v6", socket(AF_INET6, SOCK_STREAM, 0), &to6, sizeof(to6));
  dial("tcp connect to v6 any", socket(AF_INET6, SOCK_STREAM, 0), &any6, sizeof(any6));
  dial("tcp connect mapped", socket(AF_INET6, SOCK_STREAM, 0), &mapped, sizeof(mapped));
  // The sink behind the TLS rule is no TLS server: what is written first is the handshake's, and the write fails.
  dial("tls to a plain-text server", socket(AF_INET, SOCK_STREAM, 0), &tls, sizeof(tls));
  dial("tls to a plain-text server, mapped", socket(AF_INET6, SOCK_STREAM, 0), &mapped_tls, sizeof(mapped_tls));
  dial("tls to a plain-text server, as any", socket(AF_INET, SOCK_STREAM, 0), &any_tls, sizeof(any_tls));

  int fd = socket(AF_INET, SOCK_STREAM, 0);
  say("fast open sendto", sendto(fd, canary, size, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&to, sizeof(to)));
  say("fast open sendto, TLS", sendto(fd, canary, size, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&tls, sizeof(tls)));
  say("fast open sendmsg", message(fd, &tls, sizeof(tls), MSG_FASTOPEN | MSG_NOSIGNAL));
  int one = 1;
  say("TCP_FASTOPEN_CONNECT", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)) == 0 ? 0 : -1);
  say("TCP_FASTOPEN", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &one, sizeof(one)) == 0 ? 0 : -1);
  say("TCP_ULP", setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4) == 0 ? 0 : -1);
  say("TCP_REPAIR", setsockopt(fd, IPPROTO_TCP, 19, &one, sizeof(one)) == 0 ? 0 : -1);
  struct sock_filter pass = {0x06, 0, 0, 0xffffffff};
  struct sock_fprog program = {1, &pass};
  say("SO_ATTACH_FILTER", setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : -1);
  say("SO_ATTACH_REUSEPORT_CBPF", setsockopt(fd, SOL_SOCKET, 51, &program, sizeof(program)) == 0 ? 0 : -1);
  say("SO_ATTACH_BPF", setsockopt(fd, SOL_SOCKET, 50, &one, sizeof(one)) == 0 ? 0 : -1);
  say("SO_ZEROCOPY", setsockopt(fd, SOL_SOCKET, 60, &one, sizeof(one)) == 0 ? 0 : -1);
  close(fd);
}

static void kinds(void) {
  static const struct { const char *way; int domain, type, protocol; } kKinds[] = {
      {"MPTCP", AF_INET, SOCK_STREAM, 262},   {"SCTP", AF_INET, SOCK_STREAM, 132},     {"raw", AF_INET, SOCK_RAW, 1},
      {"raw v6", AF_INET6, SOCK_RAW, 58},     {"ICMP", AF_INET, SOCK_DGRAM, 1},        {"UDP-Lite", AF_INET, SOCK_DGRAM, 136},
      {"DCCP", AF_INET, 6, 33},               {"packet", AF_PACKET, SOCK_RAW, 0x300},  {"old packet", AF_INET, SOCK_PACKET, 0x300},
      {"algorithms", AF_ALG, SOCK_SEQPACKET, 0}, {"vsock", 40, SOCK_STREAM, 0},        {"netlink uevent", AF_NETLINK, SOCK_RAW, 15},
      {"netlink netfilter", AF_NETLINK, SOCK_RAW, 12}, {"netlink generic", AF_NETLINK, SOCK_RAW, 16}, {"SMC", 43, SOCK_STREAM, 0},
      {"XDP", 44, SOCK_RAW, 0},               {"TIPC", 30, SOCK_STREAM, 0},            {"CAN", 29, SOCK_RAW, 1},
      {"bluetooth", 31, SOCK_RAW, 1},         {"RDS", 21, SOCK_SEQPACKET, 0},          {"KCM", 41, SOCK_DGRAM, 0},
      {"RXRPC", 33, SOCK_DGRAM, 0},           {"QIPCRTR", 42, SOCK_DGRAM, 0}};
  for (size_t i = 0; i < sizeof(kKinds) / sizeof(kKinds[0]); ++i) {
    const int fd = socket(kKinds[i].domain, kKinds[i].type, kKinds[i].protocol);
    say(kKinds[i].way, fd < 0 ? -1 : 0);
    if (fd >= 0) close(fd);
  }
}

static int listener(int port) {
  struct sockaddr_in at = v4("127.0.0.1", port);
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (bind(fd, (void *)&at, sizeof(at)) != 0 || listen(fd, 5) != 0) {
    perror("the named listener");
    exit(1);
  }
  return fd;
}

static void listeners(void) {
  int is_listener = 0;
  socklen_t length = sizeof(is_listener);
  if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &is_listener, &length) == 0 && is_listener) return;  // the port is taken
  struct sockaddr_in at = v4("127.0.0.1", unnamed_port + 1), any = v4("0.0.0.0", listen_port), any0 = v4("0.0.0.0", 0);
  struct sockaddr_in6 at6 = v6("::1", unnamed_port + 1), any6 = v6("::", listen_port), mapped = v6("::ffff:127.0.0.1", unnamed_port + 1);
  int fd = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
  say("bind to an unnamed port", bind(fd, (void *)&at, sizeof(at)));
  say("bind to an unnamed v6 port", bind(six, (void *)&at6, sizeof(at6)));
  say("bind to an unnamed mapped port", bind(six, (void *)&mapped, sizeof(mapped)));
  say("bind to the wildcard around a rule", bind(fd, (void *)&any, sizeof(any)));
  say("bind to the v6 wildcard around a rule", bind(six, (void *)&any6, sizeof(any6)));
  any.sin_family = AF_UNSPEC;
  say("bind unspecified to the wildcard", bind(fd, (void *)&any, sizeof(any)));
  say("listen without bind", listen(fd, 5));
  close(fd);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(fd, (void *)&any0, sizeof(any0)) != 0) perror("bind to port 0");
  say("listen at a port of the kernel's choice", listen(fd, 5));
  close(fd);
  close(six);
  // A listener that is shut down may connect again (inet_shutdown).
  struct sockaddr_in to = v4("127.0.0.1", unnamed_port);
  fd = listener(listen_port);
  shutdown(fd, SHUT_RDWR);
  dial("listener shut down, then connect", fd, &to, sizeof(to));
  fd = listener(listen_port);
  shutdown(fd, SHUT_RDWR);
  to.sin_family = AF_UNSPEC;
  connect(fd, (void *)&to, sizeof(to));
  to.sin_family = AF_INET;
  dial("listener dissolved, then connect", fd, &to, sizeof(to));
}

static void to_child(int socket_pair, int fd) {
  char data = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec piece = {&data, 1};
  struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &fd, sizeof(fd));
  if (sendmsg(socket_pair, &m, 0) != 1) perror("SCM_RIGHTS");
}
static int received(int socket_pair) {
  char data, control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec piece = {&data, 1};
  struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  int fd = -1;
  if (recvmsg(socket_pair, &m, 0) == 1) memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
  return fd;
}

// Whatever another process does to a socket that both have: nobody writes into it in the clear.
static void other_processes(void) {
  struct sockaddr_in tls = v4("127.0.0.1", tls_port);
  int fd = socket(AF_INET, SOCK_STREAM, 0), status;
  pid_t child = fork();
  if (child == 0) _exit(connect(fd, (void *)&tls, sizeof(tls)) == 0 ? 0 : 1);
  waitpid(child, &status, 0);
  say("made before fork, connected by the child", send(fd, canary, size, MSG_NOSIGNAL));
  say("the same with write", write(fd, canary, size));
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], canary, size) != (ssize_t)size) perror("pipe");
  say("the same with splice", splice(ends[0], NULL, fd, NULL, size, 0));
  close(fd);

  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) perror("socketpair");
  fd = socket(AF_INET, SOCK_STREAM, 0);
  child = fork();
  if (child == 0) {
    const int taken = received(pair[1]);
    _exit(connect(taken, (void *)&tls, sizeof(tls)) == 0 ? 0 : 1);
  }
  to_child(pair[0], fd);
  waitpid(child, &status, 0);
  say("sent to a child that connects it", send(fd, canary, size, MSG_NOSIGNAL));
  close(fd);

  // Shielded here, used elsewhere.
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&tls, sizeof(tls)) != 0) perror("connect");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    const int taken = received(pair[1]);
    // The child was forked with it: the first that uses it owns it, in TLS.
    say("allowed, a shielded socket received by a child", send(taken, canary, size, MSG_NOSIGNAL));
    _exit(0);
  }
  to_child(pair[0], fd);
  waitpid(child, &status, 0);
  child = vfork();
  if (child == 0) {
    const long result = syscall(SYS_write, fd, canary, size);
    _exit(result < 0 ? errno : 0);
  }
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  say("vfork child writes", errno == 0 ? 0 : -1);
  char number[16], argument[300];
  snprintf(number, sizeof(number), "%d", fd);
  snprintf(argument, sizeof(argument), "printf %%s %s >&%s", canary, number);
  char *arguments[] = {"sh", "-c", argument, NULL}, *environment[] = {NULL};
  if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environment) == 0) {
    waitpid(child, &status, 0);
    errno = EIO;
    say("posix_spawn child writes", WEXITSTATUS(status) == 0 ? 0 : -1);
  }
  close(fd);
}

static void around(void) {
  struct sockaddr_in tls = v4("127.0.0.1", tls_port);
  int fd = socket(AF_INET, SOCK_STREAM, 0), ends[2];
  if (connect(fd, (void *)&tls, sizeof(tls)) != 0) perror("connect");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (pipe(ends) != 0 || write(ends[1], canary, size) != (ssize_t)size) perror("pipe");
  struct iovec piece = {(void *)canary, size};
  say("splice to a shielded socket", splice(ends[0], NULL, fd, NULL, size, 0));
  say("tee to a shielded socket", tee(ends[0], fd, size, 0));
  say("vmsplice to a shielded socket", vmsplice(fd, &piece, 1, 0));
  say("sendfile from a shielded socket", sendfile(ends[1], fd, NULL, size));
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  const int again = open(path, O_WRONLY);
  say("/proc/self/fd reopened", again < 0 ? -1 : write(again, canary, size));
  snprintf(path, sizeof(path), "/dev/fd/%d", fd);
  const int device = open(path, O_WRONLY);
  say("/dev/fd reopened", device < 0 ? -1 : write(device, canary, size));
  const int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  const long taken = syscall(SYS_pidfd_getfd, self, fd, 0);
  say("pidfd_getfd", taken < 0 ? -1 : write((int)taken, canary, size));
  say("io_uring", syscall(425, 8, NULL));
  say("out of band", send(fd, canary, size, MSG_OOB | MSG_NOSIGNAL));
  say("zero copy", send(fd, canary, size, MSG_ZEROCOPY | MSG_NOSIGNAL));
  say("with a position", pwrite(fd, canary, size, 0));
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) perror("socketpair");
  to_child(pair[0], fd);
  const int back = received(pair[1]);
  // Of the same connection, so that it is TLS's: taken, and sent only after a handshake that never comes.
  say("allowed a dup by SCM_RIGHTS in one process", send(back, canary, size, MSG_NOSIGNAL));
  close(back);
  // High numbers.
  const int high = fcntl(fd, F_DUPFD, 1000);
  say("allowed a dup", high < 0 ? -1 : send(high, canary, size, MSG_NOSIGNAL));
  close(high);
  close(fd);
}

// What stood on descriptor 0 at the start.
static void inherited(void) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  if (getsockopt(0, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || (domain != AF_INET && domain != AF_INET6)) return;
  say("standard input, write", write(0, canary, size));
  say("standard input, send", send(0, canary, size, MSG_NOSIGNAL));
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], canary, size) != (ssize_t)size) perror("pipe");
  say("standard input, splice", splice(ends[0], NULL, 0, NULL, size, 0));
  const int copy = dup(0);
  say("standard input, a dup of it", write(copy, canary, size));
  fcntl(0, F_SETFL, O_NONBLOCK);
  const int peer = accept(0, NULL, NULL);
  if (peer >= 0 || errno != EINVAL) say("standard input, accept and write", peer < 0 ? -1 : write(peer, canary, size));
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  signal(SIGPIPE, SIG_IGN);
  canary = arguments[1];
  size = strlen(canary);
  tls_port = atoi(arguments[2]);
  unnamed_port = atoi(arguments[3]);
  off_port = atoi(arguments[4]);
  listen_port = atoi(arguments[5]);
  inherited();
  datagrams();
  connections();
  kinds();
  listeners();
  other_processes();
  around();
  puts("done");
  return 0;
}
