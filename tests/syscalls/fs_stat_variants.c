// SPDX-License-Identifier: Apache-2.0
//
// stat, lstat, fstat, fstatat and statx agree on a file; links are followed or not; AT_EMPTY_PATH, O_PATH,
// AT_FDCWD; sizes, link counts, modes, times set by utimensat; errors. stat(2), statx(2).
#include "testing.h"

static void expect_same(const struct stat* first, const struct stat* second) {
    EXPECT(first->st_dev == second->st_dev && first->st_ino == second->st_ino && first->st_mode == second->st_mode);
    EXPECT(first->st_nlink == second->st_nlink && first->st_uid == second->st_uid && first->st_gid == second->st_gid);
    EXPECT(first->st_size == second->st_size && first->st_blocks == second->st_blocks &&
           first->st_blksize == second->st_blksize);
    EXPECT(memcmp(&first->st_mtim, &second->st_mtim, sizeof first->st_mtim) == 0);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0640);
    EXPECT_OK(symlink("file", "link"));
    EXPECT_OK(link("file", "hard"));
    struct stat by_name, other;
    EXPECT_OK(stat("file", &by_name));
    EXPECT(S_ISREG(by_name.st_mode) && (by_name.st_mode & 0777) == 0640 && by_name.st_size == 10 &&
           by_name.st_nlink == 2);
    EXPECT(by_name.st_uid == geteuid());
    int fd = EXPECT_OK(open("file", O_RDONLY)), here = EXPECT_OK(open(".", O_PATH)),
        path = EXPECT_OK(open("link", O_PATH | O_NOFOLLOW));
    EXPECT_OK(fstat(fd, &other)), expect_same(&by_name, &other);
    EXPECT_OK(stat("link", &other)), expect_same(&by_name, &other);
    EXPECT_OK(stat("hard", &other)), expect_same(&by_name, &other);
    EXPECT_OK(fstatat(here, "link", &other, 0)), expect_same(&by_name, &other);
    EXPECT_OK(fstatat(fd, "", &other, AT_EMPTY_PATH)), expect_same(&by_name, &other);
    EXPECT_OK(lstat("link", &other));
    EXPECT(S_ISLNK(other.st_mode) && other.st_size == 4);
    EXPECT_OK(fstat(path, &other));
    EXPECT(S_ISLNK(other.st_mode));

    struct timespec times[2] = {{.tv_sec = 1000000000, .tv_nsec = 123456789},
                                {.tv_sec = 1100000000, .tv_nsec = 987654321}};
    EXPECT_OK(utimensat(AT_FDCWD, "link", times, 0));
    struct statx extended;
    EXPECT_OK(statx(here, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &extended));
    EXPECT_EQ(extended.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
    EXPECT(extended.stx_ino == by_name.st_ino && extended.stx_mode == by_name.st_mode && extended.stx_size == 10 &&
           extended.stx_nlink == 2);
    EXPECT(extended.stx_mtime.tv_sec == 1100000000 && extended.stx_mtime.tv_nsec == 987654321);
    EXPECT(extended.stx_atime.tv_sec == 1000000000 && extended.stx_atime.tv_nsec == 123456789);
    EXPECT_EQ((unsigned)(extended.stx_dev_major << 8 | extended.stx_dev_minor),
              (unsigned)((by_name.st_dev >> 8 & 0xfff) << 8 | (by_name.st_dev & 0xff)));
    times[0].tv_nsec = UTIME_OMIT, times[1].tv_nsec = UTIME_NOW;
    EXPECT_OK(futimens(fd, times));
    EXPECT_OK(fstat(fd, &other));
    EXPECT(other.st_atim.tv_sec == 1000000000 && other.st_mtim.tv_sec > 1100000000);

    EXPECT_ERRNO(stat("missing", &other), ENOENT);
    EXPECT_ERRNO(stat("", &other), ENOENT);
    EXPECT_ERRNO(stat("file/below", &other), ENOTDIR);
    EXPECT_ERRNO(fstat(-1, &other), EBADF);
    EXPECT_ERRNO(fstatat(here, "file", &other, 0x8000000), EINVAL);
    EXPECT_ERRNO(fstatat(fd, "file", &other, 0), ENOTDIR);
    EXPECT_ERRNO(statx(AT_FDCWD, "file", 0, 1u << 31, &extended), EINVAL);
    return 0;
}
