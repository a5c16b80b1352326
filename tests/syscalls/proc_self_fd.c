// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/fd lists exactly the open descriptors, each a link to what it is; a duplicate opens by path;
// directory listings follow open and close; /proc/self/fdinfo has the position and flags. proc(5).
#include "testing.h"

// The open descriptors but the listing's own, as a bitmap of the first 1024.
static void list_descriptors(const char* path, bool* open_now) {
    memset(open_now, 0, 1024);
    DIR* directory = opendir(path);
    EXPECT(directory != NULL);
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        int fd = atoi(entry->d_name);
        EXPECT(fd >= 0 && fd < 1024);
        if (fd != dirfd(directory)) open_now[fd] = true;
    }
    closedir(directory);
}

static void expect_listed(void) {
    static bool listed[1024];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", getpid());
    for (int way = 0; way < 3; way++) {
        list_descriptors(way == 0 ? "/proc/self/fd" : way == 1 ? "/dev/fd" : path, listed);
        for (int fd = 0; fd < 1024; fd++) EXPECT_EQ(listed[fd], fcntl(fd, F_GETFD) != -1);
    }
}

static void expect_link(int fd, const char* expected) {
    char path[64], target[PATH_MAX] = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    EXPECT_OK(readlink(path, target, sizeof target - 1));
    EXPECT_EQ(strncmp(target, expected, strlen(expected)), 0);
}

int main(void) {
    watchdog(60);
    const char* directory = own_path(enter_temporary_directory());
    write_file("file", "0123456789", 0600);
    expect_listed();
    int fds[2], file = EXPECT_OK(open("file", O_RDWR | O_APPEND | O_CLOEXEC)), high = EXPECT_OK(dup2(file, 700));
    EXPECT_OK(pipe(fds));
    expect_listed();
    char path[PATH_MAX], text[256];
    snprintf(path, sizeof path, "%s/file", directory);
    expect_link(file, path);
    expect_link(high, path);
    expect_link(fds[0], "pipe:[");
    int null = EXPECT_OK(open("/dev/null", O_RDONLY));
    expect_link(null, "/dev/null");

    EXPECT_EQ(lseek(file, 4, SEEK_SET), 4);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int again = EXPECT_OK(open(path, O_RDONLY));  // a new open file, with its own offset
    EXPECT_EQ(lseek(again, 0, SEEK_CUR), 0);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    read_file(path, text, sizeof text);
    long position = -1, flags = 0;
    EXPECT_EQ(sscanf(text, "pos: %ld flags: %lo", &position, (unsigned long*)&flags), 2);
    EXPECT_EQ(position, 4);
    EXPECT((flags & O_ACCMODE) == O_RDWR && (flags & O_APPEND) && (flags & O_CLOEXEC));

    EXPECT_OK(unlink("file"));
    snprintf(path, sizeof path, "%s/file (deleted)", directory);
    expect_link(file, path);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    EXPECT_OK(close(EXPECT_OK(open(path, O_RDONLY))));  // also when it is unlinked
    for (int fd = 3; fd < 1024; fd++) close(fd);
    expect_listed();
    EXPECT_ERRNO(open(path, O_RDONLY), ENOENT);
    return 0;
}
