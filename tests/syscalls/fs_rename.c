// SPDX-License-Identifier: Apache-2.0
//
// rename replaces files and empty directories atomically, keeps the inode, refuses nonsense; renameat2
// NOREPLACE and EXCHANGE; hard links to the same inode. rename(2).
#include "testing.h"

static ino_t inode(const char* path) {
    struct stat status;
    EXPECT_OK(lstat(path, &status));
    return status.st_ino;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("a", "a", 0600);
    write_file("b", "b", 0600);
    EXPECT_OK(mkdir("empty", 0700));
    EXPECT_OK(mkdir("full", 0700));
    write_file("full/file", "f", 0600);
    ino_t a = inode("a"), full = inode("full");
    int open_b = EXPECT_OK(open("b", O_RDONLY));
    EXPECT_OK(rename("a", "b"));
    EXPECT_EQ(inode("b"), a);
    EXPECT_ERRNO(access("a", F_OK), ENOENT);
    char byte;
    EXPECT_EQ(read(open_b, &byte, 1), 1);
    EXPECT_EQ(byte, 'b');  // replaced, but still open
    EXPECT_OK(rename("b", "full/b"));
    EXPECT_ERRNO(rename("empty", "full"), ENOTEMPTY);
    EXPECT_OK(rename("full", "empty"));
    EXPECT_EQ(inode("empty"), full);
    EXPECT_EQ(inode("empty/b"), a);
    EXPECT_ERRNO(rename("missing", "x"), ENOENT);
    EXPECT_ERRNO(rename("empty", "empty/below"), EINVAL);
    EXPECT_ERRNO(rename("empty/b", "empty"), ENOTEMPTY);
    EXPECT_OK(mkdir("other", 0700));
    EXPECT_ERRNO(rename("empty/b", "other"), EISDIR);
    EXPECT_ERRNO(rename("other", "empty/b"), ENOTDIR);
    EXPECT_OK(link("empty/b", "hard"));
    EXPECT_OK(rename("hard", "empty/b"));  // the same inode: nothing happens
    EXPECT_EQ(inode("hard"), a);

    write_file("one", "1", 0600);
    write_file("two", "2", 0600);
    ino_t one = inode("one"), two = inode("two");
    if (renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_NOREPLACE) == -1 && errno == EINVAL) return 0;
    EXPECT_ERRNO(renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_NOREPLACE), EEXIST);
    EXPECT_OK(renameat2(AT_FDCWD, "one", AT_FDCWD, "three", RENAME_NOREPLACE));
    EXPECT_EQ(inode("three"), one);
    EXPECT_OK(renameat2(AT_FDCWD, "two", AT_FDCWD, "three", RENAME_EXCHANGE));
    EXPECT(inode("three") == two && inode("two") == one);
    EXPECT_OK(renameat2(AT_FDCWD, "two", AT_FDCWD, "empty", RENAME_EXCHANGE));
    EXPECT_EQ(inode("empty"), one);
    EXPECT_ERRNO(renameat2(AT_FDCWD, "two", AT_FDCWD, "none", RENAME_EXCHANGE), ENOENT);
    EXPECT_ERRNO(renameat2(AT_FDCWD, "two", AT_FDCWD, "three", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
    return 0;
}
