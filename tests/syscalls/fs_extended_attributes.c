// SPDX-License-Identifier: Apache-2.0
//
// Extended attributes: set, get, list, replace, remove, on paths, links and descriptors; sizes are reported
// for an empty buffer; EEXIST, ENODATA, ERANGE. Skipped where the file system lacks them. xattr(7).
#include "testing.h"

#include <sys/xattr.h>

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "", 0600);
    EXPECT_OK(symlink("file", "link"));
    if (setxattr("file", "user.one", "value", 5, 0) == -1 && (errno == EOPNOTSUPP || errno == EPERM))
        SKIP("no user attributes here: %s", strerror(errno));
    char text[256];
    int fd = EXPECT_OK(open("file", O_RDWR));
    EXPECT_EQ(getxattr("file", "user.one", text, sizeof text), 5);
    EXPECT_EQ(memcmp(text, "value", 5), 0);
    EXPECT_EQ(getxattr("link", "user.one", NULL, 0), 5);
    EXPECT_ERRNO(lgetxattr("link", "user.one", text, sizeof text), ENODATA);
    EXPECT_ERRNO(getxattr("file", "user.one", text, 4), ERANGE);
    EXPECT_OK(fsetxattr(fd, "user.two", "", 0, XATTR_CREATE));
    EXPECT_EQ(fgetxattr(fd, "user.two", text, sizeof text), 0);
    EXPECT_ERRNO(fsetxattr(fd, "user.two", "x", 1, XATTR_CREATE), EEXIST);
    EXPECT_ERRNO(fsetxattr(fd, "user.three", "x", 1, XATTR_REPLACE), ENODATA);
    EXPECT_OK(setxattr("link", "user.one", "longer value", 12, XATTR_REPLACE));
    ssize_t size = EXPECT_OK(flistxattr(fd, text, sizeof text));
    int found = 0;
    for (char* name = text; name < text + size; name += strlen(name) + 1)
        found += strcmp(name, "user.one") == 0 ? 1 : strcmp(name, "user.two") == 0 ? 10 : 0;
    EXPECT_EQ(found, 11);
    EXPECT_OK(removexattr("file", "user.one"));
    EXPECT_ERRNO(removexattr("file", "user.one"), ENODATA);
    EXPECT_ERRNO(fgetxattr(fd, "user.one", text, sizeof text), ENODATA);
    EXPECT_ERRNO(setxattr("file", "nonsense", "x", 1, 0), EOPNOTSUPP);
    EXPECT_ERRNO(setxattr("missing", "user.one", "x", 1, 0), ENOENT);
    return 0;
}
