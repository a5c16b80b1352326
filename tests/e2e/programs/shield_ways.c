// SPDX-License-Identifier: Apache-2.0
//
// Tries every way that bytes could take to or from a shielded connection past the shield, and those that must work: shield_ways
// PORT FILE. Serves one connection; a line on standard output for each way with what became of it. What the peer gets besides
// what it should get breaks its TLS.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char* what, long result) {
    if (result >= 0) {
        printf("%s: %ld\n", what, result);
    } else {
        printf("%s: %s\n", what, strerrorname_np(errno));
    }
    errno = 0;
}

static int connection(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr*)&address, sizeof(address)) != 0 || listen(listener, 1) != 0) exit(3);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) exit(4);
    return fd;
}

static void through_pipes(int fd) {
    int ends[2], others[2];
    if (pipe(ends) != 0 || pipe(others) != 0 || write(ends[1], "CANARY", 6) != 6) exit(5);
    struct iovec part = {.iov_base = "CANARY", .iov_len = 6};
    show("splice to it", splice(ends[0], NULL, fd, NULL, 6, 0));
    show("splice from it", splice(fd, NULL, ends[1], NULL, 6, SPLICE_F_NONBLOCK));
    show("tee to it", tee(ends[0], fd, 6, 0));
    show("tee from it", tee(fd, others[1], 6, SPLICE_F_NONBLOCK));
    show("vmsplice to it", vmsplice(fd, &part, 1, 0));
}

static void through_files(int fd, const char* path) {
    int file = open(path, O_RDWR);
    if (file < 0) exit(6);
    show("copy_file_range to it", copy_file_range(file, NULL, fd, NULL, 6, 0));
    show("copy_file_range from it", copy_file_range(fd, NULL, file, NULL, 6, 0));
    show("sendfile from it", sendfile(file, fd, NULL, 6));
    show("pwrite", pwrite(fd, "CANARY", 6, 0));
    show("openat below it", openat(fd, "x", O_RDONLY));
}

static void through_paths(int fd) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    show("/proc/self/fd/N", open(path, O_RDWR));
    snprintf(path, sizeof(path), "/dev/fd/%d", fd);
    show("/dev/fd/N", open(path, O_RDWR) < 0 ? -1 : 0);
}

static void through_the_kernel(int fd) {
    unsigned long context = 0;
    char parameters[120] = {0};
    show("io_setup", syscall(SYS_io_setup, 8, &context));
    show("io_submit", syscall(SYS_io_submit, 1L, 1L, parameters));
    show("io_uring_setup", syscall(425, 4, parameters));
    show("MSG_ZEROCOPY", send(fd, "CANARY", 6, MSG_ZEROCOPY));
    show("MSG_FASTOPEN", sendto(fd, "CANARY", 6, MSG_FASTOPEN, NULL, 0));
    show("MSG_OOB", send(fd, "CANARY", 6, MSG_OOB));
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    show("pidfd_getfd", syscall(SYS_pidfd_getfd, self, fd, 0));
}

// A process that was there before the connection gets its number by SCM_RIGHTS: it has no TLS state for it.
static int pair[2];

static struct msghdr one_descriptor(void) {
    static union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    static char byte = 'x';
    static struct iovec part = {.iov_base = &byte, .iov_len = 1};
    return (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
}

static pid_t start_other_process(void) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) exit(7);
    const pid_t child = fork();
    if (child != 0) return child;
    struct msghdr message = one_descriptor();
    char byte;
    int received;
    if (recvmsg(pair[1], &message, 0) != 1) _exit(8);
    memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(received));
    show("write after SCM_RIGHTS", write(received, "CANARY", 6));
    show("read after SCM_RIGHTS", read(received, &byte, 1));
    fflush(stdout);
    _exit(0);
}

static void through_another_process(int fd, pid_t child) {
    struct msghdr message = one_descriptor();
    struct cmsghdr* const header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    show("SCM_RIGHTS", sendmsg(pair[0], &message, 0));
    int status;
    waitpid(child, &status, 0);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const pid_t other = start_other_process();
    int fd = connection(atoi(argv[1]));
    char text[16] = "";
    struct iovec out = {.iov_base = "by pwritev2\n", .iov_len = 12}, in = {.iov_base = text, .iov_len = 6};
    show("preadv2", preadv2(fd, &in, 1, -1, 0));  // the handshake is over from here on
    through_pipes(fd);
    through_files(fd, argv[2]);
    through_paths(fd);
    through_the_kernel(fd);
    show("pwritev2", pwritev2(fd, &out, 1, -1, 0));
    int copy = fcntl(fd, F_DUPFD, 200);
    show("write by a duplicate", write(copy, "by dup\n", 7));
    through_another_process(fd, other);
    struct mmsghdr one = {.msg_hdr = {.msg_iov = &(struct iovec){.iov_base = "by sendmmsg\n", .iov_len = 12}, .msg_iovlen = 1}};
    show("sendmmsg", sendmmsg(copy, &one, 1, 0));
    show("close_range", close_range(3, 500, 0));
    return 0;
}
