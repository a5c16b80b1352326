// SPDX-License-Identifier: Apache-2.0
//
// What Linux promises of files, directories and names, as assertions. Runs in an empty directory (its argument): natively it must
// pass on a local file system, and on a protected volume with the same expectations. Each wrong one is a line; the last line counts.
// Started as root it also tries what another user may do. It is a list, so it is one file.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

static int checks, wrong;
static void report(int ok, int line, const char* what, long got) {
    ++checks;
    if (ok) return;
    ++wrong;
    printf("WRONG line %d: %s: %ld, errno %s\n", line, what, got, strerrorname_np(errno));
}
// The condition holds.
#define IS(condition) report((condition) ? 1 : 0, __LINE__, #condition, 0)
// The call succeeds, or fails with the errno.
#define OK(call)                                \
    do {                                        \
        errno = 0;                              \
        const long got = (long)(call);          \
        report(got >= 0, __LINE__, #call, got); \
    } while (0)
#define FAILS(number, call)                                           \
    do {                                                              \
        errno = 0;                                                    \
        const long got = (long)(call);                                \
        report(got == -1 && errno == (number), __LINE__, #call, got); \
    } while (0)

static struct stat at(const char* path) {
    struct stat status;
    memset(&status, 0, sizeof(status));
    errno = 0;
    if (lstat(path, &status) != 0) report(0, __LINE__, path, -1);
    return status;
}
static int exists(const char* path) {
    struct stat status;
    return lstat(path, &status) == 0;
}
static void put(const char* path, const char* text) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    report(fd >= 0, __LINE__, path, fd);
    IS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    OK(close(fd));
}
static int holds(const char* path, const char* text) {
    char buffer[256] = {0};
    const int fd = open(path, O_RDONLY);
    if (fd < 0) return 0;
    const ssize_t size = read(fd, buffer, sizeof(buffer) - 1);
    close(fd);
    return size == (ssize_t)strlen(text) && strcmp(buffer, text) == 0;
}
static const char* repeated(char letter, size_t count) {
    static char text[2 * PATH_MAX];
    memset(text, letter, count);
    text[count] = 0;
    return text;
}

static void opening(void) {
    FAILS(ENOENT, open("none", O_RDONLY));
    FAILS(ENOENT, open("", O_RDONLY));
    FAILS(ENOENT, open("none/file", O_RDONLY | O_CREAT, 0600));
    FAILS(EISDIR, open("new/", O_WRONLY | O_CREAT, 0600));
    put("file", "content");
    FAILS(EEXIST, open("file", O_WRONLY | O_CREAT | O_EXCL, 0600));
    FAILS(ENOTDIR, open("file", O_RDONLY | O_DIRECTORY));
    FAILS(ENOTDIR, open("file/", O_RDONLY));
    FAILS(ENOTDIR, open("file/below", O_RDONLY));
    FAILS(ENAMETOOLONG, open(repeated('a', NAME_MAX + 1), O_WRONLY | O_CREAT, 0600));
    FAILS(ENAMETOOLONG, open(repeated('/', PATH_MAX), O_RDONLY));
    FAILS(EFAULT, open((const char*)8, O_RDONLY));
    OK(mkdir("dir", 0755));
    FAILS(EISDIR, open("dir", O_WRONLY));
    FAILS(EISDIR, open("dir", O_RDONLY | O_CREAT, 0600));
    FAILS(EINVAL, open("new", O_RDONLY | O_CREAT | O_DIRECTORY, 0600));
    OK(symlink("file", "link"));
    OK(symlink("made_through", "dangling"));
    OK(symlink("loop", "loop"));
    FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
    FAILS(ENOTDIR, open("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
    FAILS(EEXIST, open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
    FAILS(ELOOP, open("loop", O_RDONLY));
    int fd = open("dangling", O_WRONLY | O_CREAT, 0640);
    OK(fd);
    OK(close(fd));
    IS(S_ISREG(at("made_through").st_mode) && S_ISLNK(at("dangling").st_mode));
    fd = open("link", O_PATH | O_NOFOLLOW);
    OK(fd);
    struct stat status;
    OK(fstat(fd, &status));
    IS(S_ISLNK(status.st_mode));
    char target[16] = {0};
    IS(readlinkat(fd, "", target, sizeof(target)) == 4 && strcmp(target, "file") == 0);
    FAILS(EBADF, read(fd, target, 1));
    FAILS(EBADF, fchmod(fd, 0600));
    OK(close(fd));
    fd = open("file", O_RDONLY | O_TRUNC);
    OK(fd);
    OK(close(fd));
    IS(at("file").st_size == 0);
    const mode_t mask = umask(027);
    fd = open("masked", O_RDWR | O_CREAT, 0777);
    OK(fd);
    IS((at("masked").st_mode & 07777) == 0750);
    umask(mask);
    OK(close(fd));
    fd = open("unreadable", O_RDWR | O_CREAT, 0);  // the mode is for later opens
    OK(fd);
    IS(write(fd, "x", 1) == 1);
    OK(close(fd));
    fd = creat("made", 0600);
    OK(fd);
    IS((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY);
    OK(close(fd));
    // No descriptor is left: no file is made.
    struct rlimit limit;
    OK(getrlimit(RLIMIT_NOFILE, &limit));
    fd = dup(1);
    OK(close(fd));
    OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)fd, limit.rlim_max}));
    FAILS(EMFILE, open("too many", O_WRONLY | O_CREAT, 0600));
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    IS(!exists("too many"));
}

static void nameless(void) {
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    OK(fd);
    IS(write(fd, "hidden", 6) == 6);
    struct stat status;
    OK(fstat(fd, &status));
    IS(status.st_nlink == 0 && status.st_size == 6);
    char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    OK(linkat(AT_FDCWD, name, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW));
    IS(holds("linked", "hidden"));
    OK(close(fd));
    FAILS(EINVAL, open(".", O_TMPFILE | O_RDONLY, 0600));
    put("plain", "x");
    FAILS(ENOTDIR, open("plain", O_TMPFILE | O_RDWR, 0600));
    // Unlinked and open: it lives on, and can be opened anew.
    fd = open("plain", O_RDWR);
    OK(fd);
    OK(unlink("plain"));
    OK(fstat(fd, &status));
    IS(status.st_nlink == 0);
    IS(write(fd, "still", 5) == 5);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    char text[PATH_MAX] = {0};
    OK(readlink(name, text, sizeof(text) - 1));
    IS(strlen(text) > 10 && strcmp(text + strlen(text) - 16, "/plain (deleted)") == 0);
    const int again = open(name, O_RDONLY);
    OK(again);
    memset(text, 0, sizeof(text));
    IS(read(again, text, 5) == 5 && strcmp(text, "still") == 0);
    OK(close(again));
    OK(close(fd));
}

static void names(void) {
    put("a", "first");
    put("b", "second");
    OK(mkdir("empty", 0700));
    OK(mkdir("full", 0700));
    OK(mkdir("full/below", 0700));
    put("full/below/file", "x");
    FAILS(EEXIST, mkdir("a", 0700));
    FAILS(EEXIST, mkdir("full", 0700));
    FAILS(ENOENT, mkdir("none/below", 0700));
    FAILS(ENOTDIR, mkdir("a/below", 0700));
    OK(mkdir("slash/", 0700));
    OK(rmdir("slash/"));
    FAILS(ENOTEMPTY, rmdir("full"));
    FAILS(ENOTDIR, rmdir("a"));
    FAILS(EINVAL, rmdir("empty/."));
    FAILS(ENOTEMPTY, rmdir("empty/.."));
    FAILS(EISDIR, unlink("empty"));
    FAILS(ENOTDIR, unlink("a/"));
    FAILS(ENOENT, unlink("none"));

    IS(at("full").st_nlink == 3 && at("empty").st_nlink == 2);
    OK(rename("a", "b"));
    IS(!exists("a") && holds("b", "first"));
    OK(rename("b", "full/below/moved"));
    IS(holds("full/below/moved", "first"));
    FAILS(EINVAL, rename("full", "full/below/inside"));
    FAILS(ENOTEMPTY, rename("empty", "full"));
    put("a", "third");
    FAILS(EISDIR, rename("a", "empty"));
    FAILS(ENOTDIR, rename("empty", "a"));
    FAILS(ENOTDIR, rename("a", "c/"));
    FAILS(ENOENT, rename("none", "a"));
    OK(rename("full/below", "empty/"));
    IS(at("full").st_nlink == 2 && !exists("full/below") && holds("empty/moved", "first"));
    OK(rename("a", "a"));
    put("b", "other");
    OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
    IS(holds("a", "other") && holds("b", "third"));
    OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "full", RENAME_EXCHANGE));
    IS(S_ISDIR(at("a").st_mode) && holds("full", "other"));
    FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
    FAILS(ENOENT, syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "none", RENAME_EXCHANGE));
    FAILS(EINVAL, syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE | RENAME_EXCHANGE));

    OK(link("b", "b2"));
    IS(at("b").st_ino == at("b2").st_ino && at("b").st_nlink == 2);
    OK(rename("b", "b2"));  // two names of one file: nothing happens
    IS(exists("b") && exists("b2"));
    FAILS(EEXIST, link("b", "b2"));
    FAILS(EPERM, link("a", "dirlink"));
    FAILS(ENOENT, link("none", "x"));
    OK(symlink("b", "soft"));
    OK(link("soft", "soft2"));
    IS(S_ISLNK(at("soft2").st_mode));
    OK(linkat(AT_FDCWD, "soft", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
    IS(at("hard").st_ino == at("b").st_ino && at("b").st_nlink == 3);
    OK(unlink("b2"));
    IS(at("b").st_nlink == 2);
    FAILS(EEXIST, symlink("x", "b"));
    FAILS(ENOENT, symlink("", "y"));
    char text[8];
    IS(readlink("soft", text, sizeof(text)) == 1 && text[0] == 'b');
    FAILS(EINVAL, readlink("b", text, sizeof(text)));
    IS(at("soft").st_size == 1);
    OK(symlink(repeated('t', PATH_MAX - 1), "long"));
    FAILS(ENAMETOOLONG, symlink(repeated('t', PATH_MAX), "longer"));
    const int fd = open("b", O_RDONLY);
    OK(linkat(fd, "", AT_FDCWD, "by_descriptor", AT_EMPTY_PATH));
    IS(at("by_descriptor").st_ino == at("b").st_ino);
    OK(close(fd));
}

static void nodes(void) {
    OK(mkfifo("fifo", 0644));
    IS(S_ISFIFO(at("fifo").st_mode));
    FAILS(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
    OK(mknod("socket", S_IFSOCK | 0600, 0));
    IS(S_ISSOCK(at("socket").st_mode));
    FAILS(ENXIO, open("socket", O_RDWR));
    OK(mknod("plain", S_IFREG | 0600, 0));
    IS(S_ISREG(at("plain").st_mode));
    FAILS(EPERM, mknod("dir", S_IFDIR | 0700, 0));
    FAILS(EINVAL, mknod("link", S_IFLNK | 0700, 0));
    if (geteuid() == 0) {
        OK(mknod("device", S_IFBLK | 0600, makedev(240, 17)));
        IS(at("device").st_rdev == makedev(240, 17));
    }
}

static void attributes(void) {
    put("file", "0123456789");
    OK(chmod("file", 04751));
    IS((at("file").st_mode & 07777) == 04751);
    const int fd = open("file", O_RDWR);
    OK(fchmod(fd, 0600));
    IS((at("file").st_mode & 07777) == 0600);
    OK(symlink("file", "link"));
    OK(chmod("link", 0640));
    IS((at("file").st_mode & 07777) == 0640 && (at("link").st_mode & 07777) == 0777);
    FAILS(EOPNOTSUPP, fchmodat(AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW));
    FAILS(ENOENT, chmod("none", 0600));

    OK(truncate("file", 4));
    IS(holds("file", "0123"));
    OK(truncate("file", 8));
    IS(at("file").st_size == 8);
    FAILS(EINVAL, truncate("file", -1));
    FAILS(EISDIR, truncate(".", 0));
    OK(ftruncate(fd, 2));
    IS(at("file").st_size == 2);
    OK(truncate("file", (off_t)1 << 33));
    IS(at("file").st_size == (off_t)1 << 33 && at("file").st_blocks < 64);
    OK(truncate("file", 0));

    const struct timespec times[2] = {{1000000001, 123456789}, {-5, 5}};
    OK(utimensat(AT_FDCWD, "file", times, 0));
    struct stat status = at("file");
    IS(status.st_atim.tv_sec == 1000000001 && status.st_atim.tv_nsec == 123456789);
    IS(status.st_mtim.tv_sec == -5 && status.st_mtim.tv_nsec == 5);
    IS(status.st_ctim.tv_sec > 1600000000);
    const struct timespec one[2] = {{0, UTIME_OMIT}, {77, 0}};
    OK(futimens(fd, one));
    status = at("file");
    IS(status.st_atim.tv_sec == 1000000001 && status.st_mtim.tv_sec == 77);
    const struct timespec bad[2] = {{0, 1000000000}, {0, 0}};
    FAILS(EINVAL, utimensat(AT_FDCWD, "file", bad, 0));
    OK(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    IS(at("link").st_atim.tv_sec == 1000000001 && at("file").st_mtim.tv_sec == 77);
    const struct timeval micro[2] = {{5, 6}, {7, 8}};
    OK(utimes("file", micro));
    IS(at("file").st_mtim.tv_sec == 7 && at("file").st_mtim.tv_nsec == 8000);
    const struct utimbuf seconds = {9, 10};
    OK(utime("file", &seconds));
    IS(at("file").st_mtim.tv_sec == 10);
    OK(utime("file", NULL));
    IS(at("file").st_mtim.tv_sec > 1600000000);
    OK(close(fd));

    struct statx full;
    OK(statx(AT_FDCWD, "file", 0, STATX_ALL, &full));
    status = at("file");
    IS(full.stx_ino == status.st_ino && makedev(full.stx_dev_major, full.stx_dev_minor) == status.st_dev);
    IS(full.stx_size == (uint64_t)status.st_size && full.stx_mode == status.st_mode);
    FAILS(ENOENT, statx(AT_FDCWD, "none", 0, STATX_ALL, &full));
    struct statvfs space;
    OK(statvfs(".", &space));
    IS(space.f_bsize != 0 && space.f_namemax == NAME_MAX);

    // A write changes the time of the file, a name that of the directory.
    OK(mkdir("dir", 0755));
    OK(utime("dir", &seconds));
    put("dir/file", "x");
    IS(at("dir").st_mtim.tv_sec > 1600000000);
    OK(utime("dir/file", &seconds));
    put("dir/file", "y");
    IS(at("dir/file").st_mtim.tv_sec > 1600000000);
}

static void extended(void) {
    char value[64];
    put("file", "x");
    OK(setxattr("file", "user.one", "1", 1, 0));
    OK(setxattr("file", "user.two", "22", 2, XATTR_CREATE));
    FAILS(EEXIST, setxattr("file", "user.one", "1", 1, XATTR_CREATE));
    FAILS(ENODATA, setxattr("file", "user.none", "1", 1, XATTR_REPLACE));
    IS(getxattr("file", "user.two", NULL, 0) == 2);
    FAILS(ERANGE, getxattr("file", "user.two", value, 1));
    IS(getxattr("file", "user.two", value, sizeof(value)) == 2 && memcmp(value, "22", 2) == 0);
    FAILS(ENODATA, getxattr("file", "user.none", value, sizeof(value)));
    FAILS(EOPNOTSUPP, setxattr("file", "nothing", "1", 1, 0));
    FAILS(ERANGE, getxattr("file", "", value, sizeof(value)));
    const int fd = open("file", O_RDONLY);
    IS(fgetxattr(fd, "user.one", value, sizeof(value)) == 1);
    IS(flistxattr(fd, value, sizeof(value)) >= 18);
    OK(fremovexattr(fd, "user.one"));
    OK(fsetxattr(fd, "user.three", "", 0, 0));
    IS(fgetxattr(fd, "user.three", value, sizeof(value)) == 0);
    OK(close(fd));
    FAILS(ENODATA, removexattr("file", "user.one"));
    OK(symlink("file", "link"));
    IS(getxattr("link", "user.two", value, sizeof(value)) == 2);
    FAILS(EPERM, lsetxattr("link", "user.a", "1", 1, 0));
    FAILS(ENODATA, lgetxattr("link", "user.two", value, sizeof(value)));
}

static int compare(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static void listing(void) {
    enum { kFiles = 1500 };
    static char* names[kFiles + 8];
    char name[32];
    for (int i = 0; i < kFiles; ++i) {
        snprintf(name, sizeof(name), "file%04d", i);
        put(name, "");
    }
    DIR* dir = opendir(".");
    IS(dir != NULL);
    int count = 0;
    long middle = 0;
    char after[NAME_MAX + 1] = "";
    for (const struct dirent* entry; (entry = readdir(dir)) != NULL && count < kFiles + 8;) {
        if (middle != 0 && after[0] == 0) strcpy(after, entry->d_name);
        names[count++] = strdup(entry->d_name);
        if (count == kFiles / 2) middle = telldir(dir);
        if (strncmp(entry->d_name, "file", 4) == 0)
            IS(entry->d_type == DT_REG && entry->d_ino == at(entry->d_name).st_ino);
    }
    IS(count == kFiles + 2);
    qsort(names, (size_t)count, sizeof(*names), compare);
    IS(strcmp(names[0], ".") == 0 && strcmp(names[1], "..") == 0 && strcmp(names[2], "file0000") == 0);
    for (int i = 1; i < count; ++i) IS(strcmp(names[i - 1], names[i]) < 0);
    seekdir(dir, middle);
    const struct dirent* entry = readdir(dir);
    IS(entry != NULL && strcmp(entry->d_name, after) == 0);
    rewinddir(dir);
    // Removing while listing, as rm -r does: each is seen once, none is left.
    int removed = 0;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        OK(unlink(entry->d_name));
        ++removed;
    }
    IS(removed == kFiles);
    OK(closedir(dir));
    FAILS(EINVAL, syscall(SYS_getdents64, open(".", O_RDONLY), name, 4));
    put("plain", "");
    FAILS(ENOTDIR, syscall(SYS_getdents64, open("plain", O_RDONLY), name, sizeof(name)));
}

static void directories(const char* root) {
    char path[PATH_MAX], wanted[PATH_MAX];
    OK(mkdir("dir", 0755));
    OK(mkdir("dir/sub", 0755));
    OK(chdir("dir/sub"));
    snprintf(wanted, sizeof(wanted), "%s/directories/dir/sub", root);
    IS(getcwd(path, sizeof(path)) != NULL && strcmp(path, wanted) == 0);
    FAILS(ERANGE, syscall(SYS_getcwd, path, 3));
    OK(rename("../../dir", "../../renamed"));
    snprintf(wanted, sizeof(wanted), "%s/directories/renamed/sub", root);
    IS(getcwd(path, sizeof(path)) != NULL && strcmp(path, wanted) == 0);
    put("here", "x");
    IS(holds("../sub/here", "x"));
    const int fd = open("..", O_RDONLY | O_DIRECTORY);
    OK(fd);
    OK(chdir("/"));
    IS(faccessat(fd, "sub/here", R_OK, 0) == 0);
    const int file = openat(fd, "sub/new", O_WRONLY | O_CREAT, 0600);
    OK(file);
    FAILS(ENOTDIR, openat(file, "x", O_RDONLY));
    FAILS(ENOTDIR, fchdir(file));
    OK(close(file));
    OK(fchdir(fd));
    snprintf(wanted, sizeof(wanted), "%s/directories/renamed", root);
    IS(getcwd(path, sizeof(path)) != NULL && strcmp(path, wanted) == 0);
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    memset(path, 0, sizeof(path));
    OK(readlink(link, path, sizeof(path) - 1));
    IS(strcmp(path, wanted) == 0);
    memset(path, 0, sizeof(path));
    OK(readlink("/proc/self/cwd", path, sizeof(path) - 1));
    IS(strcmp(path, wanted) == 0);
    struct stat by_link, by_descriptor;
    OK(stat(link, &by_link));
    OK(fstat(fd, &by_descriptor));
    IS(by_link.st_ino == by_descriptor.st_ino && by_link.st_dev == by_descriptor.st_dev);
    FAILS(ENOTDIR, chdir("sub/here"));
    FAILS(ENOENT, chdir("none"));
    OK(mkdir("gone", 0755));
    OK(chdir("gone"));
    OK(rmdir("../gone"));
    FAILS(ENOENT, syscall(SYS_getcwd, path, sizeof(path)));
    FAILS(ENOENT, open("x", O_WRONLY | O_CREAT, 0600));
    OK(fchdir(fd));
    OK(close(fd));
    OK(access("sub", R_OK | W_OK | X_OK));
    FAILS(ENOENT, access("none", F_OK));
    FAILS(EINVAL, access("sub", 64));
    OK(chdir(root));
}

// What a user may do who is not root: files of root's, files of its own, sticky and setgid directories.
static void as_user(void) {
    FAILS(EACCES, open("closed/file", O_RDONLY));
    FAILS(EACCES, chdir("closed"));
    FAILS(EACCES, open("private", O_RDONLY));
    FAILS(EACCES, open("public", O_WRONLY));
    FAILS(EACCES, open("public", O_RDONLY | O_TRUNC));
    FAILS(EACCES, truncate("public", 0));
    FAILS(EACCES, open("new", O_WRONLY | O_CREAT, 0600));
    FAILS(EACCES, mkdir("new", 0700));
    FAILS(EACCES, unlink("public"));
    FAILS(EACCES, rename("public", "open/public"));
    FAILS(EPERM, chmod("public", 0777));
    FAILS(EPERM, chown("public", getuid(), (gid_t)-1));
    FAILS(EPERM, utime("public", &(struct utimbuf){1, 2}));
    FAILS(EACCES, utime("public", NULL));
    FAILS(EACCES, setxattr("public", "user.a", "", 0, 0));
    FAILS(EACCES, access("private", R_OK));
    OK(access("public", R_OK));
    FAILS(EACCES, access("public", W_OK));
    FAILS(EPERM, unlink("open/roots"));
    FAILS(EPERM, rename("open/roots", "open/mine"));
    put("open/mine", "x");
    IS(at("open/mine").st_uid == getuid());
    IS(at("open/mine").st_gid == getgid());
    OK(chmod("open/mine", 0400));
    FAILS(EACCES, open("open/mine", O_WRONLY));
    FAILS(EPERM, chown("open/mine", 0, (gid_t)-1));
    OK(rename("open/mine", "open/renamed"));
    OK(unlink("open/renamed"));
    OK(mkdir("group/mine", 0700));
    IS(at("group/mine").st_gid == 4242 && (at("group/mine").st_mode & 07777) == 02700);
    FAILS(EPERM, link("private", "open/link"));
    FAILS(EPERM, mknod("open/device", S_IFBLK | 0600, makedev(240, 1)));
    OK(open("group_readable", O_RDONLY));  // by a supplementary group
}
static void permissions(void) {
    put("private", "x");
    OK(chmod("private", 0600));
    put("public", "x");
    put("group_readable", "x");
    OK(chmod("group_readable", 0040));
    OK(chown("group_readable", 0, 4343));
    OK(mkdir("closed", 0700));
    put("closed/file", "x");
    OK(mkdir("open", 0));
    OK(chmod("open", 01777));
    put("open/roots", "x");
    OK(mkdir("group", 0));
    OK(chown("group", 0, 4242));
    OK(chmod("group", 02777));
    put("program", "x");
    OK(chmod("program", 06755));
    OK(chown("program", 1, 1));
    IS((at("program").st_mode & 07777) == 0755 && at("program").st_uid == 1 && at("program").st_gid == 1);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        checks = wrong = 0;
        const gid_t groups[] = {4343};
        OK(setgroups(1, groups));
        OK(setgid(65534));
        OK(setuid(65534));
        as_user();
        fflush(stdout);
        _exit(wrong < 100 ? wrong : 100);
    }
    int status = 0;
    waitpid(child, &status, 0);
    IS(WIFEXITED(status));
    wrong += WEXITSTATUS(status);
}

int main(int argc, char** argv) {
    if (argc != 2 || chdir(argv[1]) != 0) return 2;
    umask(022);
    struct {
        const char* name;
        void (*run)(void);
    } const parts[] = {{"opening", opening},       {"nameless", nameless}, {"names", names},    {"nodes", nodes},
                       {"attributes", attributes}, {"extended", extended}, {"listing", listing}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        OK(mkdir(parts[i].name, 0755));
        OK(chdir(parts[i].name));
        parts[i].run();
        OK(chdir(argv[1]));
    }
    OK(mkdir("directories", 0755));
    OK(chdir("directories"));
    directories(argv[1]);
    if (geteuid() == 0) {
        OK(mkdir("permissions", 0755));
        OK(chdir("permissions"));
        permissions();
    }
    printf("%s\n", wrong == 0 ? "all as expected" : "not all as expected");
    fprintf(stderr, "%d checks, %d wrong\n", checks, wrong);
    return wrong == 0 ? 0 : 1;
}
