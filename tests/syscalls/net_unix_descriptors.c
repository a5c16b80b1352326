// SPDX-License-Identifier: Apache-2.0
//
// SCM_RIGHTS passes open files between processes: several at once, with their offsets, as new numbers,
// close-on-exec by MSG_CMSG_CLOEXEC; a control buffer that is too small sets MSG_CTRUNC. Of
// several messages in one call those before a wrong one are sent. unix(7), sendmmsg(2).
#include "testing.h"

#include <sys/socket.h>

static void send_descriptors(int socket, const int* fds, size_t count) {
    char control[CMSG_SPACE(8 * sizeof(int))] = {0};
    struct iovec part = {"x", 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    EXPECT_EQ(sendmsg(socket, &message, 0), 1);
}

// Two messages in one call: the first sends a byte, the second what can not be sent. The first goes all the same.
static void expect_first_is_sent(int sockets[2], struct msghdr second, int error) {
    struct iovec part = {"x", 1};
    second.msg_iov = &part, second.msg_iovlen = 1;
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}, {.msg_hdr = second}};
    char byte;
    EXPECT_EQ(sendmmsg(sockets[1], messages, 2, 0), 1);
    EXPECT_EQ(messages[0].msg_len, 1);
    EXPECT_EQ(read(sockets[0], &byte, 1), 1);
    EXPECT_ERRNO(sendmmsg(sockets[1], messages + 1, 1, 0), error);
    EXPECT_ERRNO(recv(sockets[0], &byte, 1, MSG_DONTWAIT), EAGAIN);
}

static size_t receive_descriptors(int socket, int* fds, size_t room, int flags, int* message_flags) {
    char control[CMSG_SPACE(8 * sizeof(int))] = {0}, byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_LEN(room * sizeof(int))};
    EXPECT_EQ(recvmsg(socket, &message, flags), 1);
    *message_flags = message.msg_flags;
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == NULL) return 0;
    EXPECT(header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS);
    size_t bytes = header->cmsg_len - CMSG_LEN(0);
    memcpy(fds, CMSG_DATA(header), bytes);
    return bytes / sizeof(int);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0600);
    int sockets[2], fds[8], flags, pipe_fds[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    pid_t child = fork_child();
    if (child == 0) {
        int file = EXPECT_OK(open("file", O_RDONLY));
        EXPECT_EQ(lseek(file, 5, SEEK_SET), 5);
        EXPECT_OK(pipe(pipe_fds));
        EXPECT_EQ(write(pipe_fds[1], "piped", 5), 5);
        send_descriptors(sockets[1], (int[]){file, pipe_fds[0], file}, 3);
        send_descriptors(sockets[1], (int[]){file, pipe_fds[0]}, 2);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);  // gone, but the files are in flight
    char text[16];
    int free_number = EXPECT_OK(dup(0));
    EXPECT_OK(close(free_number));
    EXPECT_EQ(receive_descriptors(sockets[0], fds, 8, MSG_CMSG_CLOEXEC, &flags), 3);
    EXPECT_EQ(fds[0], free_number);
    for (int i = 0; i < 3; i++) EXPECT_EQ(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(read(fds[0], text, 2), 2);
    EXPECT_EQ(memcmp(text, "56", 2), 0);
    EXPECT_EQ(lseek(fds[2], 0, SEEK_CUR), 7);  // the same open file
    EXPECT_EQ(read(fds[1], text, sizeof text), 5);
    EXPECT_EQ(read(fds[1], text, sizeof text), 0);  // its writer has ended
    EXPECT_EQ(receive_descriptors(sockets[0], fds, 1, 0, &flags), 1);
    EXPECT(flags & MSG_CTRUNC);
    EXPECT_EQ(fcntl(fds[0], F_GETFD), 0);
    EXPECT_EQ(lseek(fds[0], 0, SEEK_CUR), 7);

    struct {
        struct cmsghdr header;
        int fd;
    } closed = {{.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}, .fd = 1003};
    expect_first_is_sent(sockets, (struct msghdr){.msg_control = &closed, .msg_controllen = CMSG_LEN(sizeof(int))},
                         EBADF);
    expect_first_is_sent(sockets, (struct msghdr){.msg_control = &closed, .msg_controllen = (size_t)1 << 40}, ENOBUFS);

    send_descriptors(sockets[1], (int[]){0}, 1);
    EXPECT_EQ(read(sockets[0], text, 1), 1);  // received without control data: the descriptor is closed
    EXPECT_OK(close(sockets[1]));
    EXPECT_EQ(read(sockets[0], text, 1), 0);
    return 0;
}
