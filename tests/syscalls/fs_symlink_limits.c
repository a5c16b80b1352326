// SPDX-License-Identifier: Apache-2.0
//
// Walking a path: forty links and no more, circles, dangling ones and O_CREAT, O_EXCL at a link, names of 255 bytes
// and paths below 4,096, trailing slashes, "." and "..", components that are no directories. path_resolution(7).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("l0", "x", 0600);
    char name[64], target[64];
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "l%d", i - 1);
        EXPECT_OK(symlink(target, name));
    }
    struct stat status;
    EXPECT_OK(stat("l40", &status));
    EXPECT_ERRNO(stat("l41", &status), ELOOP);
    EXPECT_OK(lstat("l41", &status));
    EXPECT_OK(symlink("round", "round"));
    EXPECT_ERRNO(open("round", O_RDONLY), ELOOP);
    EXPECT_ERRNO(open("round/x", O_RDONLY), ELOOP);
    EXPECT_ERRNO(mkdir("round", 0700), EEXIST);

    EXPECT_OK(symlink("made", "dangling"));
    EXPECT_ERRNO(open("dangling", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
    EXPECT_ERRNO(open("dangling", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600), ELOOP);
    EXPECT_OK(close(EXPECT_OK(open("dangling", O_WRONLY | O_CREAT, 0600))));
    EXPECT_OK(stat("made", &status));
    EXPECT_ERRNO(symlink("x", "dangling"), EEXIST);
    EXPECT_ERRNO(symlink("", "empty"), ENOENT);
    EXPECT_OK(unlink("dangling"));
    EXPECT_OK(stat("made", &status));

    char long_name[NAME_MAX + 2];
    memset(long_name, 'n', sizeof long_name);
    long_name[NAME_MAX + 1] = 0;
    EXPECT_ERRNO(open(long_name, O_RDONLY), ENAMETOOLONG);
    EXPECT_ERRNO(mkdir(long_name, 0700), ENAMETOOLONG);
    long_name[NAME_MAX] = 0;
    EXPECT_OK(mkdir(long_name, 0700));
    static char path[PATH_MAX + 2];
    memset(path, '/', sizeof path - 1);
    EXPECT_ERRNO(stat(path, &status), ENAMETOOLONG);
    path[PATH_MAX - 1] = 0;
    EXPECT_OK(stat(path, &status));  // 4,095 slashes are the root
    EXPECT_ERRNO(stat("", &status), ENOENT);
    EXPECT_ERRNO(stat((char*)8, &status), EFAULT);

    EXPECT_ERRNO(open("l0/", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("l0/x", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(stat("l1/", &status), ENOTDIR);
    EXPECT_ERRNO(unlink("l0/"), ENOTDIR);
    EXPECT_ERRNO(open("new/", O_WRONLY | O_CREAT, 0600), EISDIR);
    EXPECT_OK(mkdir("directory/", 0700));
    EXPECT_OK(symlink("directory", "d"));
    EXPECT_OK(lstat("d/", &status));
    EXPECT(S_ISDIR(status.st_mode));  // the slash follows
    EXPECT_OK(lstat("d", &status));
    EXPECT(S_ISLNK(status.st_mode));
    EXPECT_ERRNO(rmdir("d"), ENOTDIR);
    EXPECT_ERRNO(rmdir("directory/."), EINVAL);
    EXPECT_ERRNO(rmdir("directory/.."), ENOTEMPTY);
    EXPECT_ERRNO(rename("directory", "directory/below"), EINVAL);
    EXPECT_OK(rename("directory/", "other/"));
    EXPECT_ERRNO(rename("l0", "l0/"), ENOTDIR);
    return 0;
}
