// SPDX-License-Identifier: Apache-2.0
//
// passed_descriptors VOLUME SOCKET HOST_FILE: which descriptors go over a unix socket, and what is behind one of a volume's that
// somebody else sends (namespace_passed_descriptors.sh).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int peer;

static void send_all(const char* what, const int* fds, size_t count) {
    char control[CMSG_SPACE(4 * sizeof(int))] = {0};
    struct iovec part = {"x", 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                                          .msg_controllen = CMSG_SPACE(count * sizeof(int))}};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message.msg_hdr);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    long one = sendmsg(peer, &message.msg_hdr, 0);
    printf("sendmsg %s: %s\n", what, one < 0 ? strerrorname_np(errno) : "sent");
    long many = sendmmsg(peer, &message, 1, 0);
    printf("sendmmsg %s: %s\n", what, many < 0 ? strerrorname_np(errno) : "sent");
}

// `protection` of the header: where it cannot be written the kernel has installed the descriptors, and says EFAULT.
static int receive(int protection) {
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte;
    struct iovec part = {&byte, 1};
    struct msghdr* message = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    mprotect(message, 4096, protection);
    int fd = -1;
    long size = recvmsg(peer, message, MSG_CMSG_CLOEXEC);
    printf("recvmsg: %s\n", size < 0 ? strerrorname_np(errno) : "received");
    memcpy(&fd, CMSG_DATA((struct cmsghdr*)control), sizeof fd);
    return fd;
}

int main(int count, char** arguments) {
    if (count != 4 || chdir(arguments[1]) != 0) return 2;
    int victim = open("victim", O_RDWR | O_CREAT, 0600), directory = open(".", O_RDONLY | O_DIRECTORY);
    write(victim, "victim text\n", 12);
    int injected = open("/etc/injected", O_RDONLY), host = open(arguments[3], O_RDONLY);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, arguments[2], sizeof address.sun_path - 1);
    peer = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(peer, (struct sockaddr*)&address, sizeof address) != 0) return 3;

    send_all("a file of a volume", &victim, 1);
    send_all("a directory of a volume", &directory, 1);
    send_all("an injected file", &injected, 1);
    send_all("one among others", (int[]){host, peer, victim}, 3);
    send_all("one of the shim's", (int[]){1005}, 1);
    send_all("files of the host", (int[]){host, peer}, 2);
    char number[16];
    write(peer, number, (size_t)snprintf(number, sizeof number, "fd %d\n", victim));

    int received = receive(PROT_READ | PROT_WRITE);
    printf("close-on-exec: %d\n", fcntl(received, F_GETFD));
    printf("write to it: %s\n", write(received, "HACKED", 6) < 0 ? strerrorname_np(errno) : "done");
    printf("read from it: %ld\n", (long)pread(received, number, sizeof number, 0));
    int next = receive(PROT_READ);
    printf("a descriptor all the same: %s\n", fcntl(next, F_GETFD) < 0 ? "no" : "yes");
    printf("write to it: %s\n", write(next, "HACKED", 6) < 0 ? strerrorname_np(errno) : "done");
    char text[16] = {0};
    pread(victim, text, 15, 0);
    printf("the victim: %s", text);
    return 0;
}
