// SPDX-License-Identifier: Apache-2.0
//
// Times of files: utimensat with UTIME_NOW and UTIME_OMIT, nanoseconds, links by themselves, descriptors; which calls
// move mtime and ctime and which do not; who may set them. utimensat(2), inode(7).
#include "testing.h"

#include <sys/time.h>
#include <utime.h>

static struct stat of(const char* path) {
    struct stat status;
    EXPECT_OK(lstat(path, &status));
    return status;
}

static bool is_later(struct timespec one, struct timespec other) {
    return one.tv_sec > other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec > other.tv_nsec);
}

// Until the clock that files have goes on.
static void wait_for_tick(void) {
    struct timespec begin, now;
    EXPECT_OK(clock_gettime(CLOCK_REALTIME_COARSE, &begin));
    do EXPECT_OK(clock_gettime(CLOCK_REALTIME_COARSE, &now));
    while (!is_later(now, begin));
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "x", 0600);
    EXPECT_OK(symlink("file", "link"));
    struct timespec times[2] = {{1000, 111}, {2000, 222}};
    EXPECT_OK(utimensat(AT_FDCWD, "file", times, 0));
    struct stat status = of("file");
    EXPECT(status.st_atim.tv_sec == 1000 && status.st_atim.tv_nsec == 111);
    EXPECT(status.st_mtim.tv_sec == 2000 && status.st_mtim.tv_nsec == 222);
    struct timespec change = status.st_ctim;
    wait_for_tick();
    times[0].tv_nsec = UTIME_OMIT, times[1] = (struct timespec){3000, 333};
    EXPECT_OK(utimensat(AT_FDCWD, "link", times, 0));  // through the link
    status = of("file");
    EXPECT(status.st_atim.tv_sec == 1000 && status.st_mtim.tv_sec == 3000);
    EXPECT(is_later(status.st_ctim, change));
    times[0] = (struct timespec){5, 0}, times[1] = (struct timespec){6, 0};
    EXPECT_OK(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    EXPECT_EQ(of("link").st_mtim.tv_sec, 6);
    EXPECT_EQ(of("file").st_mtim.tv_sec, 3000);
    times[0].tv_nsec = UTIME_NOW, times[1].tv_nsec = UTIME_OMIT;
    int fd = EXPECT_OK(open("file", O_RDWR));
    EXPECT_OK(futimens(fd, times));
    status = of("file");
    EXPECT(status.st_atim.tv_sec > 1600000000 && status.st_mtim.tv_sec == 3000);
    change = status.st_ctim;
    wait_for_tick();
    times[0].tv_nsec = times[1].tv_nsec = UTIME_OMIT;
    EXPECT_OK(futimens(fd, times));
    EXPECT(!is_later(of("file").st_ctim, change));  // nothing to do
    times[0].tv_nsec = 1000000000;
    EXPECT_ERRNO(utimensat(AT_FDCWD, "file", times, 0), EINVAL);
    EXPECT_OK(utime("file", &(struct utimbuf){.actime = 7, .modtime = 8}));
    EXPECT_OK(utimes("file", (struct timeval[]){{7, 5}, {8, 6}}));
    EXPECT_EQ(of("file").st_mtim.tv_nsec, 6000);

    change = of("file").st_ctim;
    wait_for_tick();
    EXPECT_EQ(write(fd, "y", 1), 1);
    status = of("file");
    EXPECT(status.st_mtim.tv_sec > 1600000000 && is_later(status.st_ctim, change));
    struct timespec modified = status.st_mtim;
    change = status.st_ctim;
    wait_for_tick();
    EXPECT_OK(fchmod(fd, 0640));
    EXPECT(is_later(of("file").st_ctim, change) && !is_later(of("file").st_mtim, modified));
    change = of("file").st_ctim;
    wait_for_tick();
    EXPECT_OK(link("file", "second"));
    EXPECT(is_later(of("file").st_ctim, change) && !is_later(of("file").st_mtim, modified));
    struct timespec directory = of(".").st_mtim;
    wait_for_tick();
    EXPECT_OK(unlink("second"));
    EXPECT(is_later(of(".").st_mtim, directory));
    wait_for_tick();
    EXPECT_OK(ftruncate(fd, 0));
    EXPECT(is_later(of("file").st_mtim, modified));
    return 0;
}
