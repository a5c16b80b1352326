// SPDX-License-Identifier: Apache-2.0
//
// Symbolic links: contents are kept as they are, 40 levels are followed and 41 give ELOOP, dangling ones, in
// the middle of a path, readlink's lengths and errors, O_NOFOLLOW only for the last part. symlink(7),
// path_resolution(7).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    char name[32], target[300], text[300] = {0};
    write_file("file", "found", 0600);
    EXPECT_OK(symlink("file", "level0"));
    for (int i = 1; i < 42; i++) {
        snprintf(name, sizeof name, "level%d", i);
        snprintf(target, sizeof target, "level%d", i - 1);
        EXPECT_OK(symlink(target, name));
    }
    read_file("level39", text, sizeof text);
    EXPECT_STREQ(text, "found");
    EXPECT_ERRNO(open("level40", O_RDONLY), ELOOP);
    memset(target, 't', 250);
    target[250] = 0;
    EXPECT_OK(symlink(target, "odd"));
    EXPECT_EQ(readlink("odd", text, sizeof text), 250);
    EXPECT_EQ(memcmp(text, target, 250), 0);
    EXPECT_EQ(readlink("odd", text, 10), 10);
    EXPECT_ERRNO(readlink("odd", text, 0), EINVAL);
    EXPECT_ERRNO(readlink("file", text, 10), EINVAL);
    EXPECT_ERRNO(readlink("missing", text, 10), ENOENT);
    EXPECT_ERRNO(symlink("x", "file"), EEXIST);
    EXPECT_ERRNO(symlink("", "empty"), ENOENT);
    EXPECT_OK(mkdir("directory", 0700));
    write_file("directory/inside", "inside", 0600);
    EXPECT_OK(symlink("directory", "to-directory"));
    EXPECT_OK(close(EXPECT_OK(open("to-directory/inside", O_RDONLY | O_NOFOLLOW))));
    EXPECT_ERRNO(open("to-directory", O_RDONLY | O_DIRECTORY | O_NOFOLLOW), ENOTDIR);
    EXPECT_OK(access("to-directory/../file", F_OK));
    EXPECT_OK(linkat(AT_FDCWD, "level0", AT_FDCWD, "hard-to-link", 0));
    struct stat status;
    EXPECT_OK(lstat("hard-to-link", &status));
    EXPECT(S_ISLNK(status.st_mode) && status.st_nlink == 2);
    EXPECT_OK(linkat(AT_FDCWD, "level0", AT_FDCWD, "hard-to-file", AT_SYMLINK_FOLLOW));
    EXPECT_OK(lstat("hard-to-file", &status));
    EXPECT(S_ISREG(status.st_mode));
    EXPECT_OK(lchown("level0", (uid_t)-1, (gid_t)-1));
    return 0;
}
