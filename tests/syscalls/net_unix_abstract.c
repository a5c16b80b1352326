// SPDX-License-Identifier: Apache-2.0
//
// Unix sockets without a file: abstract names count every byte, vanish with the socket, autobind makes one; path names
// need their file and its permission, stay after close, are bound once; getsockname and getpeername. unix(7).
#include "testing.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int stream(void) { return EXPECT_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

static socklen_t name(struct sockaddr_un* address, const char* text, size_t length) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, text, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    struct sockaddr_un address, got;
    char text[64];
    int length = snprintf(text, sizeof text, "%credoubt-test-%d%cx", 0, getpid(), 0);
    socklen_t size = name(&address, text, (size_t)length), got_size = sizeof got;
    int listener = stream(), client = stream();
    EXPECT_OK(bind(listener, (struct sockaddr*)&address, size));
    EXPECT_ERRNO(bind(stream(), (struct sockaddr*)&address, size), EADDRINUSE);
    EXPECT_ERRNO(bind(listener, (struct sockaddr*)&address, size), EINVAL);
    EXPECT_ERRNO(connect(client, (struct sockaddr*)&address, size), ECONNREFUSED);  // nobody listens
    EXPECT_OK(listen(listener, 5));
    EXPECT_ERRNO(connect(client, (struct sockaddr*)&address, size - 1), ECONNREFUSED);  // another name
    EXPECT_ERRNO(connect(client, (struct sockaddr*)&address, sizeof address), ECONNREFUSED);
    EXPECT_OK(connect(client, (struct sockaddr*)&address, size));
    EXPECT_ERRNO(connect(client, (struct sockaddr*)&address, size), EISCONN);
    int server = EXPECT_OK(accept4(listener, (struct sockaddr*)&got, &got_size, SOCK_NONBLOCK));
    EXPECT_EQ(got_size, sizeof(sa_family_t));  // the client has no name
    EXPECT((fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
    got_size = sizeof got;
    EXPECT_OK(getpeername(client, (struct sockaddr*)&got, &got_size));
    EXPECT_EQ(got_size, size);
    EXPECT_EQ(memcmp(&got, &address, size), 0);
    EXPECT_OK(close(listener));
    EXPECT_EQ(write(client, "x", 1), 1);  // the connection lives on
    EXPECT_ERRNO(connect(stream(), (struct sockaddr*)&address, size), ECONNREFUSED);
    EXPECT_OK(bind(stream(), (struct sockaddr*)&address, size));  // free again

    int automatic = stream();
    EXPECT_OK(bind(automatic, (struct sockaddr*)&(struct sockaddr_un){.sun_family = AF_UNIX}, sizeof(sa_family_t)));
    got_size = sizeof got;
    EXPECT_OK(getsockname(automatic, (struct sockaddr*)&got, &got_size));
    EXPECT(got_size == sizeof(sa_family_t) + 6 && got.sun_path[0] == 0);

    size = name(&address, "path", 5);
    int by_path = stream();
    EXPECT_OK(bind(by_path, (struct sockaddr*)&address, size));
    struct stat status;
    EXPECT_OK(stat("path", &status));
    EXPECT(S_ISSOCK(status.st_mode));
    EXPECT_OK(listen(by_path, 1));
    EXPECT_ERRNO(bind(stream(), (struct sockaddr*)&address, size), EADDRINUSE);
    client = stream();
    EXPECT_OK(connect(client, (struct sockaddr*)&address, size));
    EXPECT_OK(close(by_path));
    EXPECT_ERRNO(connect(stream(), (struct sockaddr*)&address, size), ECONNREFUSED);
    EXPECT_OK(unlink("path"));
    EXPECT_ERRNO(connect(stream(), (struct sockaddr*)&address, size), ENOENT);
    EXPECT_ERRNO(connect(stream(), (struct sockaddr*)&address, 1), EINVAL);
    EXPECT_ERRNO(bind(stream(), (struct sockaddr*)&address, sizeof address + 1), EINVAL);
    address.sun_family = AF_INET;
    EXPECT_ERRNO(bind(stream(), (struct sockaddr*)&address, size), EINVAL);
    return 0;
}
