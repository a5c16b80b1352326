// SPDX-License-Identifier: Apache-2.0
//
// Reading directories: telldir and seekdir come back to the same entry, rewinddir sees what was added, every entry is
// seen once while others are removed, a buffer that is too small is EINVAL, a removed directory is empty or ENOENT,
// duplicates share the position. getdents(2), telldir(3).
#include "testing.h"

enum { kFiles = 300 };

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(mkdir("d", 0700));
    char name[64];
    for (int i = 0; i < kFiles; i++) {
        snprintf(name, sizeof name, "d/file-with-a-longer-name-%d", i);
        write_file(name, "", 0600);
    }
    DIR* directory = opendir("d");
    EXPECT(directory != NULL);
    int count = 0;
    long position = -1;
    char here[300] = "";
    for (struct dirent* entry; (entry = readdir(directory)) != NULL; count++) {
        if (count == 100) {
            position = telldir(directory);
            entry = readdir(directory);
            EXPECT(entry != NULL);
            snprintf(here, sizeof here, "%s", entry->d_name);
            count++;
        }
        EXPECT(entry->d_type == DT_REG || entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
    }
    EXPECT_EQ(count, kFiles + 2);
    seekdir(directory, position);
    struct dirent* entry = readdir(directory);
    EXPECT(entry != NULL);
    EXPECT_STREQ(entry->d_name, here);
    write_file("d/added", "", 0600);
    rewinddir(directory);
    bool found = false;
    static char seen[kFiles];
    int removed = 0;
    while ((entry = readdir(directory)) != NULL) {
        found |= strcmp(entry->d_name, "added") == 0;
        int number;
        if (sscanf(entry->d_name, "file-with-a-longer-name-%d", &number) != 1) continue;
        EXPECT_EQ(seen[number]++, 0);
        EXPECT_OK(unlinkat(dirfd(directory), entry->d_name, 0));
        removed++;
    }
    EXPECT(found);
    EXPECT_EQ(removed, kFiles);
    EXPECT_OK(closedir(directory));

    char buffer[1024];
    int fd = EXPECT_OK(open("d", O_RDONLY | O_DIRECTORY));
    EXPECT_ERRNO(syscall(SYS_getdents64, fd, buffer, 8), EINVAL);
    int copy = EXPECT_OK(dup(fd));
    EXPECT(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
    EXPECT_EQ(syscall(SYS_getdents64, copy, buffer, sizeof buffer), 0);
    EXPECT_EQ(lseek(copy, 0, SEEK_SET), 0);
    EXPECT(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
    EXPECT_ERRNO(syscall(SYS_getdents64, STDERR_FILENO, buffer, sizeof buffer), ENOTDIR);
    EXPECT_OK(unlink("d/added"));
    EXPECT_OK(rmdir("d"));
    EXPECT_OK(lseek(fd, 0, SEEK_SET));
    long left = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    EXPECT(left == 0 || (left == -1 && errno == ENOENT));
    return 0;
}
