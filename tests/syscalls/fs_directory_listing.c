// SPDX-License-Identifier: Apache-2.0
//
// getdents over a directory of 3,000 entries returns each exactly once with its type and inode, also with
// small buffers, after seekdir and rewinddir, while entries are removed; . and .. are there; ENOTDIR, EINVAL,
// ENOENT when it is gone. getdents(2).
#include "testing.h"

enum { kFiles = 3000 };
static bool seen[kFiles];

static int list(DIR* directory) {
    int count = 0, dots = 0;
    memset(seen, 0, sizeof seen);
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') {
            dots++;
            continue;
        }
        int number = atoi(entry->d_name + 1);
        EXPECT(number >= 0 && number < kFiles && !seen[number]);
        EXPECT(entry->d_type == DT_UNKNOWN || entry->d_type == (number % 100 == 0 ? DT_DIR : DT_REG));
        seen[number] = true;
        count++;
    }
    EXPECT_EQ(dots, 2);
    return count;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(mkdir("big", 0700));
    char name[64];
    for (int i = 0; i < kFiles; i++) {
        snprintf(name, sizeof name, "big/f%d", i);
        if (i % 100 == 0)
            EXPECT_OK(mkdir(name, 0700));
        else
            EXPECT_OK(mknod(name, S_IFREG | 0600, 0));
    }
    DIR* directory = opendir("big");
    EXPECT(directory != NULL);
    EXPECT_EQ(list(directory), kFiles);
    rewinddir(directory);
    for (int i = 0; i < 1000; i++) EXPECT(readdir(directory) != NULL);
    long place = telldir(directory);
    struct dirent* entry = readdir(directory);
    EXPECT(entry != NULL);
    snprintf(name, sizeof name, "%.60s", entry->d_name);
    for (int i = 0; i < 500; i++) EXPECT(readdir(directory) != NULL);
    seekdir(directory, place);
    entry = readdir(directory);
    EXPECT(entry != NULL);
    EXPECT_STREQ(entry->d_name, name);
    struct stat status;
    EXPECT_OK(fstatat(dirfd(directory), name, &status, 0));
    EXPECT_EQ(status.st_ino, entry->d_ino);

    // Small buffers, raw.
    int fd = EXPECT_OK(open("big", O_RDONLY | O_DIRECTORY)), count = 0;
    char buffer[80] __attribute__((aligned(8)));
    EXPECT_ERRNO(syscall(SYS_getdents64, fd, buffer, 8), EINVAL);
    for (long size; (size = EXPECT_OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer))) > 0;)
        for (long at = 0; at < size; at += ((struct dirent64*)(buffer + at))->d_reclen) count++;
    EXPECT_EQ(count, kFiles + 2);

    rewinddir(directory);
    int removed = 0;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            removed +=
                unlinkat(dirfd(directory), entry->d_name, atoi(entry->d_name + 1) % 100 == 0 ? AT_REMOVEDIR : 0) == 0;
    EXPECT_EQ(removed, kFiles);
    EXPECT_OK(rmdir("big"));
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_ERRNO(syscall(SYS_getdents64, fd, buffer, sizeof buffer), ENOENT);
    EXPECT_ERRNO(syscall(SYS_getdents64, EXPECT_OK(open("/dev/null", O_RDONLY)), buffer, sizeof buffer), ENOTDIR);
    return 0;
}
