// SPDX-License-Identifier: Apache-2.0
//
// inotify's watch flags: one watch an inode whatever the path, IN_MASK_ADD and IN_MASK_CREATE, IN_ONESHOT, IN_ONLYDIR,
// IN_DONT_FOLLOW, IN_EXCL_UNLINK; equal events that follow one another are one; FIONREAD counts bytes; poll. inotify(7).
#include "testing.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int fd;

// The mask of the next event of `watch`, 0 when there is none.
static uint32_t next(int watch) {
    static char buffer[4096] __attribute__((aligned(8)));
    static ssize_t length, offset;
    if (offset == length) {
        length = read(fd, buffer, sizeof buffer);
        offset = 0;
        if (length == -1) {
            EXPECT_EQ(errno, EAGAIN);
            length = 0;
            return 0;
        }
    }
    const struct inotify_event* event = (const struct inotify_event*)(buffer + offset);
    offset += (ssize_t)(sizeof *event + event->len);
    EXPECT_EQ(event->wd, watch);
    return event->mask;
}

static void touch(const char* path) { write_file(path, "x", 0600); }

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    fd = inotify_init1(IN_NONBLOCK);
    if (fd == -1) SKIP("inotify_init1: %s", strerror(errno));
    touch("file");
    EXPECT_OK(link("file", "same"));
    EXPECT_OK(symlink("file", "link"));
    EXPECT_OK(mkdir("directory", 0700));

    int watch = EXPECT_OK(inotify_add_watch(fd, "file", IN_MODIFY));
    EXPECT_EQ(inotify_add_watch(fd, "same", IN_MODIFY), watch);
    EXPECT_EQ(inotify_add_watch(fd, "link", IN_MODIFY), watch);
    EXPECT_EQ(inotify_add_watch(fd, "file", IN_ATTRIB | IN_MASK_ADD), watch);
    EXPECT_ERRNO(inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_CREATE), EEXIST);
    EXPECT_ERRNO(inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD), EINVAL);
    EXPECT_ERRNO(inotify_add_watch(fd, "file", IN_OPEN | IN_ONLYDIR), ENOTDIR);
    EXPECT_ERRNO(inotify_add_watch(fd, "file", 0), EINVAL);
    int file = EXPECT_OK(open("file", O_WRONLY));
    for (int i = 0; i < 5; i++) EXPECT_EQ(write(file, "y", 1), 1);  // one event
    EXPECT_OK(fchmod(file, 0640));
    int available = 0;
    EXPECT_OK(ioctl(fd, FIONREAD, &available));
    EXPECT_EQ(available, 2 * sizeof(struct inotify_event));
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    EXPECT_EQ(poll(&entry, 1, 0), 1);
    EXPECT_EQ(next(watch), IN_MODIFY);
    EXPECT_EQ(next(watch), IN_ATTRIB);
    EXPECT_EQ(next(watch), 0);
    EXPECT_EQ(inotify_add_watch(fd, "file", IN_OPEN), watch);  // replaces
    EXPECT_EQ(write(file, "y", 1), 1);
    EXPECT_OK(close(file));
    EXPECT_EQ(next(watch), 0);
    EXPECT_OK(inotify_rm_watch(fd, watch));
    EXPECT_EQ(next(watch), IN_IGNORED);

    int once = EXPECT_OK(inotify_add_watch(fd, "same", IN_ATTRIB | IN_ONESHOT));
    EXPECT(once != watch);
    EXPECT_OK(chmod("file", 0600));
    EXPECT_OK(chmod("file", 0640));
    EXPECT_EQ(next(once), IN_ATTRIB);
    EXPECT_EQ(next(once), IN_IGNORED);
    EXPECT_EQ(next(once), 0);
    EXPECT_ERRNO(inotify_rm_watch(fd, once), EINVAL);

    int link_watch = EXPECT_OK(inotify_add_watch(fd, "link", IN_DELETE_SELF | IN_DONT_FOLLOW));
    EXPECT_OK(unlink("link"));
    EXPECT_EQ(next(link_watch), IN_DELETE_SELF);
    EXPECT_EQ(next(link_watch), IN_IGNORED);

    touch("directory/gone");
    int held = EXPECT_OK(open("directory/gone", O_WRONLY));
    int directory = EXPECT_OK(inotify_add_watch(fd, "directory", IN_MODIFY | IN_EXCL_UNLINK));
    EXPECT_EQ(write(held, "z", 1), 1);
    EXPECT_EQ(next(directory), IN_MODIFY);
    EXPECT_OK(unlink("directory/gone"));
    EXPECT_EQ(write(held, "z", 1), 1);
    EXPECT_EQ(next(directory), 0);
    return 0;
}
