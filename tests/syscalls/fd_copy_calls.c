// SPDX-License-Identifier: Apache-2.0
//
// sendfile to a pipe, socket and file, with and without an offset, in parts; copy_file_range between files
// with its offsets; end of file is 0; errors. sendfile(2), copy_file_range(2).
#include "testing.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    static char data[100000], text[100000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i * 7 >> 3);
    int in = EXPECT_OK(open("in", O_RDWR | O_CREAT, 0600)), out = EXPECT_OK(open("out", O_RDWR | O_CREAT, 0600)),
        sockets[2], fds[2];
    EXPECT_EQ(write(in, data, sizeof data), sizeof data);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    EXPECT_OK(pipe(fds));
    off_t offset = 1000;
    EXPECT_EQ(sendfile(sockets[0], in, &offset, 500), 500);
    EXPECT(offset == 1500 && lseek(in, 0, SEEK_CUR) == sizeof data);
    EXPECT_EQ(recv(sockets[1], text, 500, MSG_WAITALL), 500);
    EXPECT_EQ(memcmp(text, data + 1000, 500), 0);
    EXPECT_EQ(lseek(in, 99000, SEEK_SET), 99000);
    EXPECT_EQ(sendfile(fds[1], in, NULL, 4000), 1000);
    EXPECT_EQ(sendfile(fds[1], in, NULL, 4000), 0);
    EXPECT_EQ(read(fds[0], text, sizeof text), 1000);
    EXPECT_EQ(memcmp(text, data + 99000, 1000), 0);
    offset = 0;
    for (size_t sent = 0; sent < sizeof data;) sent += (size_t)EXPECT_OK(sendfile(out, in, &offset, 30000));
    EXPECT_EQ(pread(out, text, sizeof text, 0), sizeof text);
    EXPECT_EQ(memcmp(text, data, sizeof data), 0);
    EXPECT_ERRNO(sendfile(out, in, (void*)8, 10), EFAULT);
    EXPECT_ERRNO(sendfile(out, -1, NULL, 10), EBADF);

    off64_t from = 50000, to = 200000;
    ssize_t copied = copy_file_range(in, &from, out, &to, 20000, 0);
    if (copied == -1 && (errno == EXDEV || errno == EOPNOTSUPP || errno == ENOSYS)) return 0;
    EXPECT_EQ(copied, 20000);
    EXPECT(from == 70000 && to == 220000);
    EXPECT_EQ(pread(out, text, 20000, 200000), 20000);
    EXPECT_EQ(memcmp(text, data + 50000, 20000), 0);
    from = sizeof data;
    EXPECT_EQ(copy_file_range(in, &from, out, &to, 10, 0), 0);
    EXPECT_ERRNO(copy_file_range(in, NULL, out, NULL, 10, 1), EINVAL);
    return 0;
}
