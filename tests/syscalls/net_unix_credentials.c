// SPDX-License-Identifier: Apache-2.0
//
// SO_PEERCRED and SCM_CREDENTIALS tell pid, uid and gid of the peer as the peer sees them itself; a name in
// the file system and an abstract one; bind, connect, listen errors; SO_PASSCRED. unix(7).
#include "testing.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"}, peer;
    int listener = EXPECT_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), on = 1;
    EXPECT_ERRNO(connect(listener, (struct sockaddr*)&address, sizeof address), ENOENT);
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_ERRNO(connect(EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr*)&address, sizeof address),
                 ECONNREFUSED);
    EXPECT_ERRNO(bind(EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr*)&address, sizeof address),
                 EADDRINUSE);
    EXPECT_OK(listen(listener, 5));
    struct stat status;
    EXPECT_OK(stat("socket", &status));
    EXPECT(S_ISSOCK(status.st_mode));
    pid_t child = fork_child();
    if (child == 0) {
        int client = EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0));
        EXPECT_OK(connect(client, (struct sockaddr*)&address, sizeof address));
        char byte;
        EXPECT_EQ(read(client, &byte, 1), 1);
        EXPECT_EQ(write(client, "c", 1), 1);
        _exit(0);
    }
    int connection = EXPECT_OK(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    struct ucred credentials = {0};
    socklen_t size = sizeof credentials;
    EXPECT_OK(getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
    EXPECT_EQ(credentials.pid, child);
    EXPECT(credentials.uid == geteuid() && credentials.gid == getegid());
    EXPECT_OK(setsockopt(connection, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    EXPECT_EQ(write(connection, "s", 1), 1);
    char control[CMSG_SPACE(sizeof credentials)], byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    EXPECT_EQ(recvmsg(connection, &message, 0), 1);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    EXPECT(header != NULL && header->cmsg_type == SCM_CREDENTIALS);
    memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    EXPECT(credentials.pid == child && credentials.uid == getuid() && credentials.gid == getgid());
    EXPECT_EXIT(child, 0);

    int abstract = EXPECT_OK(socket(AF_UNIX, SOCK_DGRAM, 0)), sender = EXPECT_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "redoubt-test-%d", getpid());
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    EXPECT_OK(bind(abstract, (struct sockaddr*)&address, size));
    EXPECT_EQ(sendto(sender, "hello", 5, 0, (struct sockaddr*)&address, size), 5);
    char text[8];
    socklen_t peer_size = sizeof peer;
    EXPECT_EQ(recvfrom(abstract, text, sizeof text, 0, (struct sockaddr*)&peer, &peer_size), 5);
    peer_size = sizeof peer;
    EXPECT_OK(getsockname(abstract, (struct sockaddr*)&peer, &peer_size));
    EXPECT(peer_size == size && memcmp(&peer, &address, size) == 0);
    return 0;
}
