// SPDX-License-Identifier: Apache-2.0
//
// The *at calls start at a directory's descriptor: all of them, also after the directory was renamed, at O_PATH ones,
// not at files (ENOTDIR) or closed numbers (EBADF), and not at all for absolute paths. openat(2) and the others.
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(mkdir("one", 0700));
    EXPECT_OK(mkdir("two", 0700));
    int one = EXPECT_OK(open("one", O_RDONLY | O_DIRECTORY)), two = EXPECT_OK(open("two", O_PATH | O_DIRECTORY));
    int file = EXPECT_OK(openat(one, "file", O_CREAT | O_RDWR, 0640));
    EXPECT_EQ(write(file, "text", 4), 4);
    EXPECT_OK(mkdirat(one, "below", 0700));
    EXPECT_OK(symlinkat("file", one, "link"));
    EXPECT_OK(linkat(one, "file", two, "hard", 0));
    EXPECT_OK(mkfifoat(one, "fifo", 0600));
    struct stat status, other;
    EXPECT_OK(fstatat(one, "link", &status, AT_SYMLINK_NOFOLLOW));
    EXPECT(S_ISLNK(status.st_mode));
    EXPECT_OK(fstatat(one, "link", &status, 0));
    EXPECT_OK(fstatat(two, "hard", &other, 0));
    EXPECT(status.st_ino == other.st_ino && status.st_nlink == 2);
    char text[64];
    EXPECT_EQ(readlinkat(one, "link", text, sizeof text), 4);

    EXPECT_OK(rename("one", "moved"));
    EXPECT_OK(mkdir("one", 0700));  // another one
    EXPECT_OK(close(EXPECT_OK(openat(one, "file", O_RDONLY))));
    EXPECT_OK(close(EXPECT_OK(openat(one, "../moved/below/../file", O_RDONLY))));
    EXPECT_OK(renameat(one, "file", two, "renamed"));
    EXPECT_ERRNO(fstatat(one, "file", &status, 0), ENOENT);
    EXPECT_OK(faccessat(two, "renamed", R_OK | W_OK, 0));
    EXPECT_OK(fchmodat(two, "renamed", 0600, 0));
    EXPECT_OK(fchownat(two, "renamed", getuid(), getgid(), 0));
    EXPECT_OK(utimensat(two, "renamed", (struct timespec[]){{.tv_sec = 1}, {.tv_sec = 2}}, 0));
    EXPECT_OK(stat("two/renamed", &status));
    EXPECT(status.st_mtime == 2 && (status.st_mode & 0777) == 0600);
    EXPECT_OK(unlinkat(two, "renamed", 0));
    EXPECT_OK(unlinkat(two, "hard", 0));
    EXPECT_ERRNO(unlinkat(one, "below", 0), EISDIR);
    EXPECT_OK(unlinkat(one, "below", AT_REMOVEDIR));
    EXPECT_ERRNO(unlinkat(one, "fifo", AT_REMOVEDIR), ENOTDIR);

    EXPECT_ERRNO(openat(file, "x", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(mkdirat(file, "x", 0700), ENOTDIR);
    EXPECT_ERRNO(openat(77, "x", O_RDONLY), EBADF);
    EXPECT_ERRNO(fstatat(77, "x", &status, 0), EBADF);
    EXPECT_ERRNO(unlinkat(one, "", 0), ENOENT);
    EXPECT_ERRNO(fstatat(one, "", &status, 0), ENOENT);
    char absolute[PATH_MAX + 8];
    snprintf(absolute, sizeof absolute, "%s/two", temporary_directory_path);
    EXPECT_OK(fstatat(77, absolute, &status, 0));  // the number is not looked at
    EXPECT(S_ISDIR(status.st_mode));

    EXPECT_OK(unlinkat(AT_FDCWD, "one", AT_REMOVEDIR));
    EXPECT_OK(rmdir("two"));
    EXPECT_ERRNO(openat(two, "x", O_CREAT | O_WRONLY, 0600), ENOENT);  // held, and removed
    return 0;
}
