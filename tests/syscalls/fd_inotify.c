// SPDX-License-Identifier: Apache-2.0
//
// inotify reports create, modify, close, rename pairs with one cookie, delete and removal of the watch, with
// names and masks; EAGAIN when there is nothing, EINVAL for a small buffer. inotify(7).
#include "testing.h"

#include <sys/inotify.h>

static char buffer[4096] __attribute__((aligned(8)));
static ssize_t length, offset;
static int fd;

static const struct inotify_event* next(void) {
    if (offset == length) {
        length = EXPECT_OK(read(fd, buffer, sizeof buffer));
        offset = 0;
    }
    const struct inotify_event* event = (const struct inotify_event*)(buffer + offset);
    offset += (ssize_t)(sizeof *event + event->len);
    return event;
}

static uint32_t expect_event(int watch, uint32_t mask, const char* name) {
    const struct inotify_event* event = next();
    EXPECT_EQ(event->wd, watch);
    EXPECT_EQ(event->mask, mask);
    if (name != NULL) EXPECT_STREQ(event->name, name);
    return event->cookie;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(mkdir("watched", 0700));
    fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd == -1) SKIP("inotify_init1: %s", strerror(errno));
    int watch = EXPECT_OK(inotify_add_watch(fd, "watched", IN_ALL_EVENTS & (uint32_t) ~(IN_OPEN | IN_ACCESS)));
    EXPECT_ERRNO(read(fd, buffer, sizeof buffer), EAGAIN);
    int file = EXPECT_OK(open("watched/file", O_WRONLY | O_CREAT, 0600));
    EXPECT_ERRNO(read(fd, buffer, 8), EINVAL);
    expect_event(watch, IN_CREATE, "file");
    EXPECT_EQ(write(file, "x", 1), 1);
    expect_event(watch, IN_MODIFY, "file");
    EXPECT_OK(close(file));
    expect_event(watch, IN_CLOSE_WRITE, "file");
    EXPECT_OK(chmod("watched/file", 0644));
    expect_event(watch, IN_ATTRIB, "file");
    EXPECT_OK(rename("watched/file", "watched/other"));
    uint32_t cookie = expect_event(watch, IN_MOVED_FROM, "file");
    EXPECT_EQ(expect_event(watch, IN_MOVED_TO, "other"), cookie);
    EXPECT(cookie != 0);
    EXPECT_OK(mkdir("watched/below", 0700));
    expect_event(watch, IN_CREATE | IN_ISDIR, "below");
    EXPECT_OK(rmdir("watched/below"));
    expect_event(watch, IN_DELETE | IN_ISDIR, "below");
    EXPECT_OK(unlink("watched/other"));
    expect_event(watch, IN_DELETE, "other");
    EXPECT_OK(rmdir("watched"));
    expect_event(watch, IN_DELETE_SELF, NULL);
    expect_event(watch, IN_IGNORED, NULL);
    EXPECT_ERRNO(inotify_rm_watch(fd, watch), EINVAL);
    EXPECT_ERRNO(inotify_add_watch(fd, "watched", IN_CREATE), ENOENT);
    return 0;
}
