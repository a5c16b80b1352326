// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/exe reached in roundabout ways is the program as well: openat and readlinkat from directory
// descriptors of /proc and /proc/self, after chdir, through symbolic links elsewhere, and through
// /proc/self/fd of its own O_PATH descriptor. proc(5), openat(2).
#include "testing.h"

static char* path;

static void expect_target(int fd, const char* name) {
    char target[PATH_MAX] = {0};
    EXPECT_OK(readlinkat(fd, name, target, sizeof target - 1));
    EXPECT_STREQ(target, path);
}

static void expect_program(int fd) {
    struct stat expected, status;
    EXPECT_OK(stat(path, &expected));
    EXPECT_OK(fstat(fd, &status));
    EXPECT(status.st_dev == expected.st_dev && status.st_ino == expected.st_ino);
    EXPECT_OK(close(fd));
}

int main(int, char** argv) {
    watchdog(60);
    path = own_path(argv[0]);
    int proc = EXPECT_OK(open("/proc", O_RDONLY | O_DIRECTORY)),
        self = EXPECT_OK(open("/proc/self", O_PATH | O_DIRECTORY));
    expect_target(proc, "self/exe");
    expect_target(self, "exe");
    expect_program(EXPECT_OK(openat(proc, "self/exe", O_RDONLY)));
    expect_program(EXPECT_OK(openat(self, "exe", O_RDONLY)));
    struct stat expected, status;
    EXPECT_OK(stat(path, &expected));
    EXPECT_OK(fstatat(self, "exe", &status, 0));
    EXPECT_EQ(status.st_ino, expected.st_ino);

    int link = EXPECT_OK(open("/proc/self/exe", O_PATH | O_NOFOLLOW));  // the link itself
    expect_target(link, "");
    char name[64];
    int program = EXPECT_OK(open("/proc/self/exe", O_RDONLY));
    snprintf(name, sizeof name, "/proc/self/fd/%d", program);
    expect_target(AT_FDCWD, name);
    expect_program(EXPECT_OK(open(name, O_RDONLY)));

    enter_temporary_directory();
    EXPECT_OK(symlink("/proc/self/exe", "direct"));
    EXPECT_OK(symlink("/proc/self", "directory"));
    EXPECT_OK(symlink("direct", "twice"));
    expect_program(EXPECT_OK(open("direct", O_RDONLY)));
    expect_program(EXPECT_OK(open("twice", O_RDONLY)));
    expect_program(EXPECT_OK(open("directory/exe", O_RDONLY)));
    expect_target(AT_FDCWD, "directory/exe");
    char* real = realpath("twice", NULL);
    EXPECT(real != NULL);
    EXPECT_STREQ(real, path);
    char target[PATH_MAX] = {0};
    EXPECT_OK(readlink("direct", target, sizeof target - 1));
    EXPECT_STREQ(target, "/proc/self/exe");

    EXPECT_OK(chdir("/proc/self"));
    expect_target(AT_FDCWD, "exe");
    expect_program(EXPECT_OK(open("exe", O_RDONLY)));
    EXPECT_OK(chdir("task"));
    expect_target(AT_FDCWD, "../exe");
    EXPECT_OK(chdir("/"));
    return 0;
}
