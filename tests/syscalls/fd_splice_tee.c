// SPDX-License-Identifier: Apache-2.0
//
// splice moves between a pipe and a file or socket (with an offset of its own), tee duplicates a pipe's
// content without consuming it, vmsplice puts memory into a pipe; their errors. splice(2), tee(2),
// vmsplice(2).
#include "testing.h"

#include <sys/socket.h>
#include <sys/uio.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("in", "0123456789abcdef", 0600);
    int in = EXPECT_OK(open("in", O_RDONLY)), out = EXPECT_OK(open("out", O_RDWR | O_CREAT, 0600)), first[2], second[2],
        sockets[2];
    EXPECT_OK(pipe2(first, O_NONBLOCK));
    EXPECT_OK(pipe2(second, O_NONBLOCK));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    off64_t offset = 4;
    char text[64] = {0};
    EXPECT_EQ(splice(in, &offset, first[1], NULL, 6, 0), 6);
    EXPECT(offset == 10 && lseek(in, 0, SEEK_CUR) == 0);
    EXPECT_EQ(tee(first[0], second[1], 100, 0), 6);
    EXPECT_EQ(read(second[0], text, sizeof text), 6);
    EXPECT_STREQ(text, "456789");
    offset = 3;
    EXPECT_EQ(splice(first[0], NULL, out, &offset, 100, 0), 6);
    EXPECT_EQ(pread(out, text, sizeof text, 0), 9);
    EXPECT_EQ(memcmp(text, "\0\0\000456789", 9), 0);
    EXPECT_ERRNO(splice(first[0], NULL, out, NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
    EXPECT_EQ(splice(in, NULL, first[1], NULL, 100, 0), 16);
    EXPECT_EQ(splice(in, NULL, first[1], NULL, 100, 0), 0);  // end of file
    EXPECT_EQ(splice(first[0], NULL, sockets[0], NULL, 16, 0), 16);
    EXPECT_EQ(read(sockets[1], text, sizeof text), 16);
    EXPECT_EQ(memcmp(text, "0123456789abcdef", 16), 0);
    EXPECT_EQ(vmsplice(first[1], &(struct iovec){"memory", 6}, 1, 0), 6);
    EXPECT_EQ(read(first[0], text, sizeof text), 6);
    EXPECT_EQ(memcmp(text, "memory", 6), 0);
    EXPECT_ERRNO(splice(in, NULL, out, NULL, 10, 0), EINVAL);
    offset = 0;
    EXPECT_ERRNO(splice(first[0], &offset, out, NULL, 10, 0), ESPIPE);
    EXPECT_ERRNO(tee(in, first[1], 10, 0), EINVAL);
    EXPECT_ERRNO(splice(-1, NULL, first[1], NULL, 10, 0), EBADF);
    return 0;
}
