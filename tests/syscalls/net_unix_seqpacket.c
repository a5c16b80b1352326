// SPDX-License-Identifier: Apache-2.0
//
// SOCK_SEQPACKET over a listener: messages keep their bounds in both directions, a short buffer loses the rest and says
// so, the end is 0, EPIPE afterwards; datagrams to a full receiver are EAGAIN, to none ECONNREFUSED, too large EMSGSIZE.
// unix(7).
#include "testing.h"

#include <sys/socket.h>
#include <sys/un.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "packets"};
    int listener = EXPECT_OK(socket(AF_UNIX, SOCK_SEQPACKET, 0)),
        client = EXPECT_OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, sizeof address));
    EXPECT_OK(listen(listener, 1));
    EXPECT_ERRNO(connect(EXPECT_OK(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr*)&address, sizeof address),
                 EPROTOTYPE);
    EXPECT_ERRNO(send(client, "x", 1, 0), ENOTCONN);
    EXPECT_OK(connect(client, (struct sockaddr*)&address, sizeof address));
    int server = EXPECT_OK(accept(listener, NULL, NULL));
    char text[64];
    EXPECT_EQ(write(client, "one", 3), 3);
    EXPECT_EQ(send(client, "", 0, 0), 0);  // an empty message is one
    EXPECT_EQ(write(client, "three and more", 14), 14);
    EXPECT_EQ(recv(server, text, sizeof text, MSG_PEEK), 3);
    EXPECT_EQ(read(server, text, sizeof text), 3);
    EXPECT_EQ(recv(server, text, sizeof text, 0), 0);
    struct iovec part = {.iov_base = text, .iov_len = 5};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    EXPECT_EQ(recvmsg(server, &message, MSG_PEEK | MSG_TRUNC), 14);
    EXPECT_EQ(recvmsg(server, &message, 0), 5);
    EXPECT_EQ(message.msg_flags & (MSG_TRUNC | MSG_EOR), MSG_TRUNC);
    EXPECT_ERRNO(recv(server, text, sizeof text, MSG_DONTWAIT), EAGAIN);
    EXPECT_EQ(write(server, "back", 4), 4);
    EXPECT_EQ(read(client, text, sizeof text), 4);
    EXPECT_OK(shutdown(server, SHUT_RD));
    EXPECT_ERRNO(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    EXPECT_OK(close(server));
    EXPECT_EQ(read(client, text, sizeof text), 0);
    count_signals(SIGPIPE, 0);
    EXPECT_ERRNO(write(client, "x", 1), EPIPE);
    EXPECT_EQ(load(signal_count), 0);  // SIGPIPE is for streams

    struct sockaddr_un datagrams = {.sun_family = AF_UNIX, .sun_path = "datagrams"}, from;
    int receiver = EXPECT_OK(socket(AF_UNIX, SOCK_DGRAM, 0)),
        sender = EXPECT_OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    EXPECT_ERRNO(sendto(sender, "x", 1, 0, (struct sockaddr*)&datagrams, sizeof datagrams), ENOENT);
    EXPECT_OK(bind(receiver, (struct sockaddr*)&datagrams, sizeof datagrams));
    EXPECT_EQ(sendto(sender, "x", 1, 0, (struct sockaddr*)&datagrams, sizeof datagrams), 1);
    socklen_t size = sizeof from;
    EXPECT_EQ(recvfrom(receiver, text, sizeof text, 0, (struct sockaddr*)&from, &size), 1);
    EXPECT_EQ(size, 0);  // the sender has no name
    EXPECT_OK(connect(sender, (struct sockaddr*)&datagrams, sizeof datagrams));
    static char large[4 << 20];
    EXPECT_ERRNO(send(sender, large, sizeof large, 0), EMSGSIZE);
    int sent = 0;
    while (send(sender, "m", 1, 0) == 1) sent++;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT(sent >= 1);
    for (int i = 0; i < sent; i++) EXPECT_EQ(recv(receiver, text, sizeof text, MSG_DONTWAIT), 1);
    EXPECT_ERRNO(recv(receiver, text, sizeof text, MSG_DONTWAIT), EAGAIN);
    EXPECT_OK(close(receiver));
    EXPECT_ERRNO(send(sender, "x", 1, 0), ECONNREFUSED);
    EXPECT_ERRNO(send(sender, "x", 1, 0), ENOTCONN);
    return 0;
}
