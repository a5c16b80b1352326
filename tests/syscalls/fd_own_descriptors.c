// SPDX-License-Identifier: Apache-2.0
//
// Numbers that the program did not open are closed, whoever else may use them below the program: to every call that
// takes a number, to poll, to SCM_RIGHTS, to FICLONERANGE, and by the paths below /proc and /dev/fd; and a listing of
// /proc/self/fd shows exactly what the program has.
#include "testing.h"

#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

static int pass_descriptors(int over, const int* fds, int count, bool many) {
    char control[CMSG_SPACE(8 * sizeof(int))] = {0}, byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part,
                                          .msg_iovlen = 1,
                                          .msg_control = control,
                                          .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))}};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message.msg_hdr);
    *header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN((size_t)count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
    if (many) return sendmmsg(over, &message, 1, 0);
    return (int)sendmsg(over, &message.msg_hdr, 0);
}

static void expect_no_path(const char* format, int fd) {
    char path[64], text[64];
    struct stat status;
    snprintf(path, sizeof path, format, fd);
    EXPECT_ERRNO(open(path, O_RDONLY), ENOENT);
    EXPECT_ERRNO(open(path, O_PATH), ENOENT);
    EXPECT_ERRNO(stat(path, &status), ENOENT);
    EXPECT_ERRNO(lstat(path, &status), ENOENT);
    EXPECT_ERRNO(access(path, F_OK), ENOENT);
    EXPECT_ERRNO(readlink(path, text, sizeof text), ENOENT);
    EXPECT_ERRNO(chmod(path, 0600), ENOENT);
    EXPECT_ERRNO(truncate(path, 0), ENOENT);
    EXPECT_ERRNO(execl(path, path, NULL), ENOENT);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int pair[2], target = EXPECT_OK(open("target", O_RDWR | O_CREAT, 0600)), closed_count = 0;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    int directory = EXPECT_OK(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
    // Where a runtime may have put its own, and beyond.
    for (int fd = 900; fd < 1030; fd++) {
        EXPECT(!is_open(fd));
        struct pollfd entries[2] = {{.fd = fd, .events = POLLIN | POLLOUT}, {.fd = pair[0], .events = POLLOUT}};
        EXPECT_EQ(poll(entries, 2, -1), 2);
        EXPECT_EQ(entries[0].revents, POLLNVAL);
        EXPECT_EQ(entries[1].revents, POLLOUT);
        EXPECT_EQ(ppoll(entries, 1, NULL, NULL), 1);
        EXPECT_EQ(entries[0].revents, POLLNVAL);
        int both[2] = {pair[1], fd};
        EXPECT_ERRNO(pass_descriptors(pair[0], both, 2, false), EBADF);
        EXPECT_ERRNO(pass_descriptors(pair[0], &fd, 1, true), EBADF);
        struct file_clone_range range = {.src_fd = fd};
        EXPECT_ERRNO(ioctl(target, FICLONERANGE, &range), EBADF);
        EXPECT_ERRNO(ioctl(target, FICLONE, fd), EBADF);
        char name[16];
        snprintf(name, sizeof name, "%d", fd);
        EXPECT_ERRNO(openat(directory, name, O_RDONLY), ENOENT);
        closed_count++;
    }
    EXPECT_EQ(closed_count, 130);
    for (int fd = 990; fd < 1010; fd++) {
        expect_no_path("/proc/self/fd/%d", fd);
        expect_no_path("/dev/fd/%d", fd);
        expect_no_path("/proc/thread-self/fd/%d", fd);
        expect_no_path("/proc/self/../self/task/../fd//%d", fd);
        expect_no_path("/proc/self/fd/%d/.", fd);
        expect_no_path("/proc/self/fdinfo/%d", fd);
    }
    // What is open passes by the same ways.
    char path[64];
    EXPECT_EQ(pass_descriptors(pair[0], &pair[1], 1, false), 1);
    EXPECT_EQ(pass_descriptors(pair[0], &pair[1], 1, true), 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", target);
    EXPECT_OK(close(EXPECT_OK(open(path, O_RDONLY))));
    EXPECT_EQ(dup2(target, 1025), 1025);
    EXPECT_OK(close(EXPECT_OK(open("/dev/fd/1025", O_RDONLY))));
    struct pollfd entry = {.fd = 1025, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, 0), 1);
    EXPECT_EQ(entry.revents, POLLIN);
    // A file of such a name elsewhere is a file, with or without such a directory around it.
    write_file("1003", "plain", 0600);
    EXPECT_OK(mkdir("fd", 0700));
    write_file("fd/1003", "plain", 0600);
    EXPECT_OK(access("1003", F_OK));
    EXPECT_OK(access("fd/1003", F_OK));
    return 0;
}
