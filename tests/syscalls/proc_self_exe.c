// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/exe is this program: readlink gives its real path, open and stat the same inode, via /proc/PID,
// /proc/thread-self, /proc/self/task, and execve through it runs it. A buffer too small cuts the path.
// proc(5).
#include "testing.h"

static void check(const char* link, const char* path, const struct stat* expected) {
    char target[PATH_MAX] = {0};
    EXPECT_EQ(readlink(link, target, sizeof target), strlen(path));
    EXPECT_STREQ(target, path);
    memset(target, 0, sizeof target);
    EXPECT_EQ(readlink(link, target, 5), 5);
    EXPECT_EQ(memcmp(target, path, 5), 0);
    EXPECT_EQ(target[5], 0);
    struct stat status;
    EXPECT_OK(stat(link, &status));
    EXPECT(status.st_dev == expected->st_dev && status.st_ino == expected->st_ino &&
           status.st_size == expected->st_size);
    EXPECT_OK(lstat(link, &status));
    EXPECT(S_ISLNK(status.st_mode));
    int fd = EXPECT_OK(open(link, O_RDONLY));
    EXPECT_OK(fstat(fd, &status));
    EXPECT(status.st_dev == expected->st_dev && status.st_ino == expected->st_ino);
    char magic[4];
    EXPECT_EQ(read(fd, magic, 4), 4);
    EXPECT_EQ(memcmp(magic, "\177ELF", 4), 0);
    EXPECT_OK(close(fd));
    EXPECT_ERRNO(open(link, O_RDONLY | O_NOFOLLOW), ELOOP);
    EXPECT_OK(access(link, X_OK));
    char* real = realpath(link, NULL);
    EXPECT(real != NULL);
    EXPECT_STREQ(real, path);
    free(real);
}

static char* path;
static struct stat status;

static void* from_thread(void*) {
    check("/proc/thread-self/exe", path, &status);
    check("/proc/self/exe", path, &status);
    return NULL;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return 51;
    path = own_path(argv[0]);
    EXPECT_OK(stat(path, &status));
    char name[64];
    check("/proc/self/exe", path, &status);
    check("/proc/../proc/./self//exe", path, &status);
    snprintf(name, sizeof name, "/proc/%d/exe", getpid());
    check(name, path, &status);
    snprintf(name, sizeof name, "/proc/self/task/%d/exe", own_tid());
    check(name, path, &status);
    join_thread(start_thread(from_thread, NULL));
    pid_t child = fork_child();
    if (child == 0) {
        check("/proc/self/exe", path, &status);
        execl("/proc/self/exe", "any-name", "again", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 51);
    return 0;
}
