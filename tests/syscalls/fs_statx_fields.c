// SPDX-License-Identifier: Apache-2.0
//
// statx says what stat says, whatever was asked for at least that; the mask tells what is filled; AT_EMPTY_PATH, links,
// AT_STATX_* and bad masks; fchmodat2 on links and by descriptor where the kernel has it. statx(2), fchmodat(2).
#include "testing.h"

#include <linux/stat.h>
#include <sys/sysmacros.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "0123456789", 0640);
    EXPECT_OK(symlink("file", "link"));
    struct statx extended;
    struct stat status;
    EXPECT_OK(stat("file", &status));
    EXPECT_OK(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &extended));
    EXPECT_EQ(extended.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
    EXPECT_EQ(extended.stx_size, 10);
    EXPECT_EQ(extended.stx_mode, status.st_mode);
    EXPECT_EQ(extended.stx_ino, status.st_ino);
    EXPECT_EQ(extended.stx_nlink, status.st_nlink);
    EXPECT_EQ(extended.stx_uid, status.st_uid);
    EXPECT_EQ(extended.stx_gid, status.st_gid);
    EXPECT_EQ(extended.stx_blocks, status.st_blocks);
    EXPECT_EQ(extended.stx_blksize, status.st_blksize);
    EXPECT_EQ(makedev(extended.stx_dev_major, extended.stx_dev_minor), status.st_dev);
    EXPECT_EQ(extended.stx_mtime.tv_sec, status.st_mtim.tv_sec);
    EXPECT_EQ(extended.stx_mtime.tv_nsec, status.st_mtim.tv_nsec);
    if ((extended.stx_mask & STATX_BTIME) != 0) EXPECT(extended.stx_btime.tv_sec > 1600000000);

    int fd = EXPECT_OK(open("file", O_RDONLY));
    EXPECT_OK(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &extended));
    EXPECT_EQ(extended.stx_size, 10);
    EXPECT_OK(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &extended));
    EXPECT(S_ISLNK(extended.stx_mode));
    EXPECT_OK(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC, STATX_SIZE, &extended));
    EXPECT_OK(statx(AT_FDCWD, "file", AT_STATX_DONT_SYNC, STATX_SIZE, &extended));
    EXPECT_ERRNO(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &extended), EINVAL);
    EXPECT_ERRNO(statx(AT_FDCWD, "file", 0, STATX__RESERVED, &extended), EINVAL);
    EXPECT_ERRNO(statx(AT_FDCWD, "file", 0x40, 0, &extended), EINVAL);
    EXPECT_ERRNO(statx(AT_FDCWD, "", 0, 0, &extended), ENOENT);
    EXPECT_ERRNO(statx(fd, "x", 0, 0, &extended), ENOTDIR);
    EXPECT_ERRNO(statx(77, "", AT_EMPTY_PATH, 0, &extended), EBADF);
    EXPECT_ERRNO(statx(AT_FDCWD, "file", 0, 0, (struct statx*)8), EFAULT);

    if (syscall(SYS_fchmodat2, AT_FDCWD, "file", 0600, 0) == -1 && errno == ENOSYS) return 0;
    EXPECT_OK(syscall(SYS_fchmodat2, AT_FDCWD, "link", 0604, 0));
    EXPECT_OK(stat("file", &status));
    EXPECT_EQ(status.st_mode & 0777, 0604);
    EXPECT_OK(syscall(SYS_fchmodat2, fd, "", 0610, AT_EMPTY_PATH));
    EXPECT_OK(syscall(SYS_fchmodat2, AT_FDCWD, "file", 0611, AT_SYMLINK_NOFOLLOW));
    EXPECT_OK(stat("file", &status));
    EXPECT_EQ(status.st_mode & 0777, 0611);
    EXPECT_ERRNO(syscall(SYS_fchmodat2, AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP);
    EXPECT_ERRNO(syscall(SYS_fchmodat2, AT_FDCWD, "file", 0600, 0x8000), EINVAL);
    return 0;
}
