// SPDX-License-Identifier: Apache-2.0
//
// What calls on open files, attributes and permissions answer: bits that a write or a change of owner clears, sticky directories,
// times, holes, limits, positions, locks. Runs in an empty directory, its argument. What docs/architecture.md names as different in
// a volume (splice, leases, seals, O_DIRECT in F_GETFL) is not asked. It is a list, so it is one file.
#include "differ.h"

#include <linux/falloc.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

static void mode_of(const char* path) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        printf("  %s: %s\n", path, strerrorname_np(errno));
        return;
    }
    printf("  %s: mode %o owner %u:%u links %lu size %ld\n", path, status.st_mode, status.st_uid, status.st_gid,
           S_ISDIR(status.st_mode) ? 0UL : (unsigned long)status.st_nlink, S_ISDIR(status.st_mode) ? 0L : (long)status.st_size);
}

// --- bits that changes clear ---

static const unsigned kModes[] = {0777, 04777, 02777, 06777, 02767, 06766, 04644, 02644, 01777, 0};
enum { kChown, kChownGroup, kChownNothing, kChmod, kWrite, kTruncate, kOpenTruncate, kAllocate, kCopy, kWays };

static void change(int way, const char* path) {
    switch (way) {
        case kChown: SHOW(chown(path, geteuid(), (gid_t)-1)); break;
        case kChownGroup: SHOW(chown(path, (uid_t)-1, getegid())); break;
        case kChownNothing: SHOW(chown(path, (uid_t)-1, (gid_t)-1)); break;
        case kChmod: SHOW(chmod(path, 07777)); break;
        case kTruncate: SHOW(truncate(path, 1)); break;
        case kOpenTruncate: SHOW_OPEN(open(path, O_WRONLY | O_TRUNC)); break;
        default: {
            const int fd = open(path, O_RDWR);
            printf("  open: %s\n", fd < 0 ? strerrorname_np(errno) : "ok");
            if (fd < 0) return;
            if (way == kWrite) SHOW(write(fd, "x", 1));
            if (way == kAllocate) SHOW(fallocate(fd, 0, 0, 100));
            if (way == kCopy) {
                const int from = open("source", O_RDONLY);
                SHOW(copy_file_range(from, NULL, fd, NULL, 3, 0));
                close(from);
            }
            close(fd);
        }
    }
}

static int owner_of_made, group_of_made;
static void make_modes(void) {
    for (size_t i = 0; i < sizeof(kModes) / sizeof(*kModes); ++i) {
        for (int way = 0; way < kWays; ++way) {
            char path[64];
            snprintf(path, sizeof(path), "modes/%o.%d", kModes[i], way);
            put(path, "content");
            if (chown(path, (uid_t)owner_of_made, (gid_t)group_of_made) != 0 || chmod(path, kModes[i]) != 0) printf("cannot make %s\n", path);
        }
        char path[64];
        snprintf(path, sizeof(path), "modes/%o", kModes[i]);
        if (mkdir(path, 0755) != 0 || chown(path, (uid_t)owner_of_made, (gid_t)group_of_made) != 0 || chmod(path, kModes[i]) != 0) printf("cannot make %s\n", path);
    }
}
static void change_modes(void) {
    for (size_t i = 0; i < sizeof(kModes) / sizeof(*kModes); ++i) {
        char path[64], below[80];
        for (int way = 0; way < kWays; ++way) {
            snprintf(path, sizeof(path), "modes/%o.%d", kModes[i], way);
            printf("way %d of %s\n", way, path);
            change(way, path);
            mode_of(path);
            SHOW(setxattr(path, "user.note", "x", 1, 0));
            SHOW(utimes(path, NULL));
            const struct timeval times[2] = {{1, 2}, {3, 4}};
            SHOW(utimes(path, times));
            SHOW(access(path, R_OK | W_OK));
        }
        snprintf(path, sizeof(path), "modes/%o", kModes[i]);
        snprintf(below, sizeof(below), "%s/below", path);
        SHOW(mkdir(below, 0777));
        mode_of(below);
        SHOW(rmdir(below));
        SHOW_OPEN(open(below, O_WRONLY | O_CREAT, 06777));
        mode_of(below);
        SHOW(unlink(below));
        SHOW(chown(path, geteuid(), getegid()));
        mode_of(path);
        SHOW(chmod(path, 07777));
        mode_of(path);
    }
}
static void all_modes(unsigned owner, unsigned group, unsigned user) {
    printf("files of %u:%u, user %u\n", owner, group, user);
    owner_of_made = (int)owner;
    group_of_made = (int)group;
    SHOW(mkdir("modes", 0777));
    SHOW(chmod("modes", 0777));
    make_modes();
    if (user == 0) {
        change_modes();
    } else {
        as_user(user, change_modes);
    }
    if (system("rm -rf modes") != 0) printf("cannot remove\n");
}

static void in_sticky(void) {
    SHOW(unlink("sticky/a"));
    SHOW(rename("sticky/b", "sticky/c"));
    SHOW(rename("mine/d", "sticky/b"));
    SHOW(rmdir("sticky/directory"));
    SHOW(link("sticky/a", "mine/hard"));
    SHOW_OPEN(open("sticky/own", O_WRONLY | O_CREAT, 0600));
    SHOW(renameat2(AT_FDCWD, "sticky/own", AT_FDCWD, "sticky/b", 2));
    SHOW(rename("sticky/own", "sticky/a"));
    SHOW(unlink("sticky/own"));
    SHOW(rename("plain/directory", "mine/directory"));
    SHOW(rename("plain/a", "mine/a"));
    SHOW(symlink("x", "closed/x"));
    SHOW(access("closed/a", F_OK));
    SHOW(unlink("closed/a"));
    SHOW_OPEN(open("closed", O_RDONLY | O_DIRECTORY));
    SHOW_OPEN(open("closed/a", O_RDONLY));
    SHOW_OPEN(open("closed/a", O_PATH));
    SHOW_OPEN(open("listed", O_RDONLY | O_DIRECTORY));
    SHOW(access("listed/a", F_OK));
    SHOW_OPEN(open("listed/a", O_PATH));
    SHOW_OPEN(open("plain/a", O_RDONLY | O_NOATIME));
    SHOW_OPEN(open("plain/a", O_RDWR));
    SHOW_OPEN(open("plain/a", O_RDONLY | O_TRUNC));
    SHOW(mknod("mine/null", S_IFCHR | 0666, 0x103));
    SHOW(setxattr("mine", "trusted.x", "x", 1, 0));
    SHOW(setxattr("mine", "security.x", "x", 1, 0));
    SHOW(setxattr("mine", "bad.x", "x", 1, 0));
}
static void sticky(unsigned user) {
    static const struct {
        const char* name;
        unsigned mode;
    } kDirectories[] = {{"sticky", 01777}, {"plain", 0777}, {"closed", 0711}, {"listed", 0744}, {"mine", 0700}};
    for (int i = 0; i < 5; ++i) {
        char path[64];
        const char* const name = kDirectories[i].name;
        SHOW(mkdir(name, 0777));
        snprintf(path, sizeof(path), "%s/a", name);
        put(path, "a");
        snprintf(path, sizeof(path), "%s/b", name);
        put(path, "b");
        snprintf(path, sizeof(path), "%s/d", name);
        put(path, "d");
        snprintf(path, sizeof(path), "%s/directory", name);
        SHOW(mkdir(path, 0755));
        SHOW(chmod(name, kDirectories[i].mode));
    }
    SHOW(chown("mine", user, user));
    if (user == 0) in_sticky();
    else as_user(user, in_sticky);
    if (system("rm -rf sticky plain closed listed mine") != 0) printf("cannot remove\n");
}

// --- times ---

static void times_of(const char* path) {
    struct stat status;
    lstat(path, &status);
    // What is of today is the clock's.
    const long then = 1500000000;
    printf("  accessed %ld.%09ld modified %ld.%09ld\n", status.st_atim.tv_sec > then && status.st_atim.tv_sec < 3000000000 ? -1L : status.st_atim.tv_sec,
           status.st_atim.tv_sec > then ? -1L : status.st_atim.tv_nsec, status.st_mtim.tv_sec > then && status.st_mtim.tv_sec < 3000000000 ? -1L : status.st_mtim.tv_sec,
           status.st_mtim.tv_sec > then ? -1L : status.st_mtim.tv_nsec);
}
static void times(void) {
    static const long kNanoseconds[] = {0, 999999999, 1000000000, -1, UTIME_NOW, UTIME_OMIT};
    static const long kSeconds[] = {0, -1, 1000000000, 4000000000, 15032385535};
    put("times", "x");
    SHOW(symlink("times", "times.link"));
    for (int i = 0; i < 6; ++i) {
        for (int k = 0; k < 6; ++k) {
            for (int s = 0; s < 5; ++s) {
                const struct timespec both[2] = {{kSeconds[s], kNanoseconds[i]}, {1000 + s, kNanoseconds[k]}};
                SHOW(utimensat(AT_FDCWD, "times", both, 0));
                times_of("times");
                SHOW(utimensat(AT_FDCWD, "times.link", both, AT_SYMLINK_NOFOLLOW));
                times_of("times.link");
            }
        }
    }
    const int fd = open("times", O_RDONLY);
    const struct timespec old[2] = {{1, 1}, {2, 2}};
    SHOW(futimens(fd, old));
    times_of("times");
    SHOW(futimens(fd, NULL));
    times_of("times");
    SHOW(utimensat(AT_FDCWD, "none", old, 0));
    SHOW(utimensat(AT_FDCWD, "times", old, 1));
    SHOW(utimensat(fd, "", old, AT_EMPTY_PATH));
    SHOW(utimensat(fd, "below", old, 0));
    SHOW(utimensat(99, "times", old, 0));
    SHOW(syscall(SYS_utimensat, fd, NULL, old, 0));
    SHOW(syscall(SYS_utimensat, fd, NULL, old, AT_SYMLINK_NOFOLLOW));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, NULL, old, 0));
    const int path_only = open("times", O_PATH);
    SHOW(futimens(path_only, old));
    SHOW(utimensat(path_only, "", old, AT_EMPTY_PATH));
    SHOW(fchmod(path_only, 0600));
    SHOW(fchown(path_only, 0, 0));
    SHOW(fchownat(path_only, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH));
    SHOW(fgetxattr(path_only, "user.x", NULL, 0));
    SHOW(ioctl(path_only, 0x5421, &fd));
    SHOW(ftruncate(path_only, 0));
    SHOW(flock(path_only, LOCK_SH));
    SHOW(fsync(path_only));
    SHOW(lseek(path_only, 0, SEEK_SET));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_SHARED, path_only, 0) == MAP_FAILED ? -1 : 0);
    SHOW(fcntl(path_only, F_SETFL, O_APPEND));
    SHOW(fcntl(path_only, F_SETLK, &(struct flock){.l_type = F_RDLCK}));
    close(path_only);
    close(fd);
    for (int bits = 0; bits < 16; ++bits) {
        struct statx found;
        memset(&found, 0, sizeof(found));
        const unsigned mask = bits == 15 ? 0x80000000 : 1U << bits;
        SHOW(statx(AT_FDCWD, "times", 0, mask, &found));
        if (bits == 15) continue;
        enum { kOftenShown = STATX_BASIC_STATS & ~(STATX_MTIME | STATX_CTIME) };  // these only on demand, by some kernels
        printf("  basic %x birth %x size %llu mode %o blksize %u\n", found.stx_mask & kOftenShown, found.stx_mask & mask & STATX_BTIME,
               (unsigned long long)found.stx_size, found.stx_mode, found.stx_blksize);
    }
    struct statx found;
    SHOW(statx(AT_FDCWD, "times", AT_STATX_FORCE_SYNC, STATX_ALL & ~0x80000000U, &found));
    SHOW(statx(AT_FDCWD, "times", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 1, &found));
    SHOW(statx(AT_FDCWD, "", 0, 1, &found));
    SHOW(statx(AT_FDCWD, "", AT_EMPTY_PATH, 1, &found));
    SHOW(statx(AT_FDCWD, "times", 0x8000, 1, &found));
    struct statfs system;
    SHOW(statfs("times", &system));
    printf("  name %ld block %ld\n", (long)system.f_namelen, (long)system.f_bsize);
    SHOW(statfs("none", &system));
}

// --- content ---

static void content_of(int fd) {
    char buffer[1 << 16];
    unsigned long sum = 5381;
    off_t at = 0;
    for (ssize_t got; (got = pread(fd, buffer, sizeof(buffer), at)) > 0; at += got) {
        for (ssize_t i = 0; i < got; ++i) sum = sum * 33 + (unsigned char)buffer[i];
    }
    printf("  size %ld sum %lx position %ld\n", (long)at, sum, (long)lseek(fd, 0, SEEK_CUR));
}
static void holes(void) {
    static const int kModesOfAllocation[] = {
        0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
        FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_PUNCH_HOLE, 0x4000};
    static const long kRanges[][2] = {{0, 0}, {-1, 10}, {0, -1}, {0, 10}, {100, 5000}, {4096, 4096}, {8192, 100000}, {20000, 1}, {INT64_MAX - 5, 10}, {1L << 50, 10}};
    char block[16384];
    for (size_t i = 0; i < sizeof(block); ++i) block[i] = (char)('a' + i % 23);
    for (int m = 0; m < 8; ++m) {
        for (int r = 0; r < 10; ++r) {
            const int fd = open("holes", O_RDWR | O_CREAT | O_TRUNC, 0600);
            if (write(fd, block, sizeof(block)) != sizeof(block)) printf("cannot write\n");
            printf("mode %x range %ld %ld\n", kModesOfAllocation[m], kRanges[r][0], kRanges[r][1]);
            SHOW(fallocate(fd, kModesOfAllocation[m], kRanges[r][0], kRanges[r][1]));
            content_of(fd);
            close(fd);
        }
    }
    const int fd = open("holes", O_RDWR | O_CREAT | O_TRUNC, 0600);
    SHOW(ftruncate(fd, 100000));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(pwrite(fd, block, 8192, 40960));
    for (long at = -1; at <= 100001; at += at == -1 ? 1 : 10239) {
        printf("from %ld\n", at);
        SHOW(lseek(fd, at, SEEK_DATA));
        SHOW(lseek(fd, at, SEEK_HOLE));
    }
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, INT64_MAX, SEEK_SET));
    SHOW(lseek(fd, 1L << 43, SEEK_SET));
    SHOW(lseek(fd, 5, SEEK_END));
    SHOW(lseek(fd, -200000, SEEK_END));
    SHOW(lseek(fd, 0, 9));
    SHOW(ftruncate(fd, -1));
    SHOW(ftruncate(fd, INT64_MAX));
    SHOW(pread(fd, block, 10, -1));
    SHOW(pwrite(fd, block, 10, -1));
    SHOW(pread(fd, block, 10, INT64_MAX - 5));
    close(fd);
    const int directory = open(".", O_RDONLY);
    SHOW(fallocate(directory, 0, 0, 1));
    SHOW(ftruncate(directory, 0));
    SHOW(read(directory, block, 1));
    SHOW(pread(directory, block, 1, 0));
    SHOW(write(directory, block, 1));
    SHOW(fsync(directory));
    SHOW(fdatasync(directory));
    SHOW(syncfs(directory));
    SHOW(sync_file_range(directory, 0, 0, 0));
    SHOW(flock(directory, LOCK_EX | LOCK_NB));
    SHOW(flock(directory, 99));
    SHOW(posix_fadvise(directory, 0, 0, 0));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, directory, 0) == MAP_FAILED ? -1 : 0);
    close(directory);
}

static void copying(void) {
    put("from", "0123456789");
    put("to", "abcdefghijklmnop");
    const int from = open("from", O_RDONLY), to = open("to", O_RDWR), append = open("to", O_WRONLY | O_APPEND);
    const int write_only = open("from", O_WRONLY), directory = open(".", O_RDONLY), both = open("from", O_RDWR);
    loff_t a = 2, b = 3, negative = -1, far = 100;
    SHOW(copy_file_range(from, NULL, to, NULL, 4, 0));
    content_of(to);
    SHOW(copy_file_range(from, &a, to, &b, 100, 0));
    printf("  %ld %ld\n", (long)a, (long)b);
    content_of(to);
    SHOW(copy_file_range(from, &negative, to, NULL, 4, 0));
    SHOW(copy_file_range(from, &far, to, NULL, 4, 0));
    SHOW(copy_file_range(from, NULL, to, NULL, 0, 0));
    SHOW(copy_file_range(from, NULL, to, NULL, 4, 1));
    SHOW(copy_file_range(from, NULL, append, NULL, 4, 0));
    SHOW(copy_file_range(from, NULL, from, NULL, 4, 0));
    SHOW(copy_file_range(write_only, NULL, to, NULL, 4, 0));
    SHOW(copy_file_range(directory, NULL, to, NULL, 4, 0));
    SHOW(copy_file_range(99, NULL, to, NULL, 4, 0));
    a = 0, b = 2;
    SHOW(copy_file_range(both, &a, both, &b, 5, 0));
    b = 5;
    SHOW(copy_file_range(both, &a, both, &b, 5, 0));
    content_of(both);
    // With what is no file of this tree: the kernel's memory, a pipe.
    const int memory = memfd_create("memory", 0);
    int pipes[2];
    SHOW(pipe(pipes));
    SHOW(write(memory, "in memory", 9));
    const int ways[][2] = {{from, memory}, {memory, to},     {memory, append},    {write_only, memory}, {memory, from},
                           {from, pipes[1]}, {pipes[0], to}, {directory, memory}, {memory, directory}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (unsigned flags = 0; flags < 2; flags++) {
            printf("  way %zu ", i);
            SHOW(copy_file_range(ways[i][0], NULL, ways[i][1], NULL, 4, flags));
        }
    }
    close(memory), close(pipes[0]), close(pipes[1]);
    close(from), close(to), close(append), close(write_only), close(directory), close(both);
}

static void vectors(void) {
    char one[8] = "abcd", two[8] = "efgh";
    struct iovec parts[2] = {{one, 4}, {two, 4}};
    const int fd = open("vectors", O_RDWR | O_CREAT | O_TRUNC, 0600);
    const int append = open("vectors", O_WRONLY | O_APPEND);
    SHOW(pwritev2(fd, parts, 2, 0, 0));
    content_of(fd);
    SHOW(pwritev2(fd, parts, 2, -1, 0));
    content_of(fd);
    SHOW(pwritev2(fd, parts, 2, 2, RWF_APPEND));
    content_of(fd);
    SHOW(pwritev2(fd, parts, 2, -1, RWF_APPEND));
    content_of(fd);
    SHOW(pwritev2(fd, parts, 2, 0, RWF_DSYNC));
    SHOW(pwritev2(fd, parts, 2, 0, RWF_SYNC | RWF_DSYNC));
    SHOW(pwritev2(fd, parts, 2, 0, RWF_HIPRI));
    SHOW(pwritev2(fd, parts, 2, 0, 0x4000));
    SHOW(pwritev2(fd, parts, 2, -2, 0));
    struct utsname kernel;
    int major = 0, minor = 0;
    if (uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2 && major * 100 + minor >= 609) {
        const int no_append = 0x20;  // RWF_NOAPPEND
        SHOW(pwritev2(append, parts, 1, 1, no_append));
        SHOW(pwritev2(fd, parts, 2, 0, RWF_APPEND | no_append));
        SHOW(preadv2(fd, parts, 2, 0, RWF_APPEND | no_append));
        content_of(fd);
    }
    SHOW(preadv2(fd, parts, 2, 0, 0));
    SHOW(preadv2(fd, parts, 2, 0, RWF_NOWAIT) < -1);
    SHOW(preadv2(fd, parts, 2, 0, RWF_APPEND));
    SHOW(preadv2(fd, parts, 2, -1, 0));
    SHOW(preadv2(fd, parts, 2, 1000, 0));
    SHOW(readv(fd, parts, 0));
    SHOW(syscall(SYS_readv, fd, parts, -1));
    SHOW(syscall(SYS_readv, fd, parts, 1025));
    SHOW(pwrite(append, "zz", 2, 0));
    content_of(fd);
    SHOW(read(append, one, 1));
    SHOW(fcntl(append, F_SETFL, 0));
    SHOW(pwrite(append, "yy", 2, 0));
    content_of(fd);
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(write(fd, "ww", 2));
    content_of(fd);
    parts[0].iov_len = (size_t)-1;
    SHOW(readv(fd, parts, 2));
    parts[0].iov_base = (void*)8;
    parts[0].iov_len = 4;
    SHOW(pwritev(fd, parts, 1, 0));
    SHOW(preadv(fd, parts, 1, 0));
    SHOW(write(fd, NULL, 0));
    SHOW(read(fd, NULL, 0));
    close(append), close(fd);

    // O_DIRECT: aligned transfers; what is not aligned is the file system's own.
    static char aligned[8192] __attribute__((aligned(4096)));
    const int direct = open("direct", O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
    memset(aligned, 'd', sizeof(aligned));
    SHOW(pwrite(direct, aligned, 8192, 4096));
    SHOW(pread(direct, aligned, 4096, 0));
    SHOW(pread(direct, aligned, 8192, 8192));
    SHOW(pread(direct, aligned, 8192, 16384));
    close(direct);
}

static void too_large(void) {
    // The limit is on standard output too, which may be a file: what is printed meanwhile waits in the buffer.
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){5000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    fflush(stdout);
    const int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char buffer[4096] = {1};
    SHOW(setrlimit(RLIMIT_FSIZE, &limit));
    SHOW(pwrite(fd, buffer, 4096, 4000));
    SHOW(pwrite(fd, buffer, 10, 5000));
    SHOW(pwrite(fd, buffer, 0, 6000));
    SHOW(ftruncate(fd, 5000));
    SHOW(ftruncate(fd, 5001));
    SHOW(fallocate(fd, 0, 0, 6000));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 6000));
    SHOW(truncate("limited", 9000));
    SHOW(lseek(fd, 6000, SEEK_SET));
    SHOW(write(fd, buffer, 1));
    const int append = open("limited", O_WRONLY | O_APPEND);
    SHOW(write(append, buffer, 1));
    setrlimit(RLIMIT_FSIZE, &before);
    close(append), close(fd);
}

static void locks(void) {
    put("locked", "0123456789");
    const int fd = open("locked", O_RDWR), other = open("locked", O_RDWR), reader = open("locked", O_RDONLY);
    static const int kKinds[] = {F_RDLCK, F_WRLCK, F_UNLCK, 7};
    static const long kRanges[][2] = {{0, 0}, {5, 5}, {5, -5}, {-1, 1}, {0, -1}, {3, 1000}};
    for (int open_file = 0; open_file < 2; ++open_file) {
        const int set = open_file ? F_OFD_SETLK : F_SETLK, get = open_file ? F_OFD_GETLK : F_GETLK;
        for (int kind = 0; kind < 4; ++kind) {
            for (int range = 0; range < 6; ++range) {
                for (int whence = 0; whence < 4; ++whence) {
                    struct flock lock = {.l_type = (short)kKinds[kind], .l_whence = (short)whence, .l_start = kRanges[range][0], .l_len = kRanges[range][1]};
                    struct flock question = lock, whole = {.l_type = F_WRLCK};
                    printf("ofd %d kind %d range %d whence %d\n", open_file, kind, range, whence);
                    SHOW(fcntl(fd, set, &lock));
                    SHOW(fcntl(reader, set, &lock));
                    SHOW(fcntl(other, get, &question));
                    printf("  %d %d %ld %ld %d\n", question.l_type, question.l_whence, (long)question.l_start, (long)question.l_len, question.l_pid);
                    SHOW(fcntl(other, open_file ? F_OFD_SETLK : F_SETLK, &whole));
                    fflush(stdout);
                    const pid_t child = fork();
                    if (child == 0) {
                        struct flock mine = {.l_type = F_WRLCK};
                        SHOW(fcntl(other, F_SETLK, &mine));
                        SHOW(flock(other, LOCK_EX | LOCK_NB));
                        mine.l_type = F_RDLCK;
                        SHOW(fcntl(other, F_GETLK, &mine));
                        printf("  %d %ld %ld %d\n", mine.l_type, (long)mine.l_start, (long)mine.l_len, mine.l_pid == getppid() ? 1 : mine.l_pid == -1 ? -1 : 0);
                        fflush(stdout);
                        _exit(0);
                    }
                    waitpid(child, NULL, 0);
                    flock(other, LOCK_UN);
                    whole.l_type = F_UNLCK;
                    fcntl(fd, set, &whole), fcntl(other, set, &whole), fcntl(reader, set, &whole);
                }
            }
        }
    }
    struct flock with_pid = {.l_type = F_RDLCK, .l_pid = 1};
    SHOW(fcntl(fd, F_OFD_SETLK, &with_pid));
    SHOW(fcntl(fd, F_SETLK, (void*)8));
    static const int kOperations[] = {LOCK_SH, LOCK_EX, LOCK_UN, LOCK_SH | LOCK_EX, LOCK_SH | LOCK_UN, 0, 99};
    for (int i = 0; i < 7; ++i) {
        for (int k = 0; k < 3; ++k) {
            SHOW(flock(fd, kOperations[i] | LOCK_NB));
            SHOW(flock(reader, kOperations[k] | LOCK_NB));
        }
        flock(fd, LOCK_UN), flock(reader, LOCK_UN);
    }
    close(fd), close(other), close(reader);
}

static void listing(void) {
    SHOW(mkdir("listing", 0755));
    char name[64];
    for (int i = 0; i < 500; ++i) {
        snprintf(name, sizeof(name), "listing/%d", i);
        put(name, "");
    }
    DIR* const directory = opendir("listing");
    char first[300][16];
    long places[300];
    int count = 0;
    for (; count < 300; ++count) {
        places[count] = telldir(directory);
        struct dirent* const entry = readdir(directory);
        snprintf(first[count], sizeof(first[count]), "%.15s", entry->d_name);
    }
    int same = 0;
    for (int i = 299; i >= 0; i -= 7) {
        seekdir(directory, places[i]);
        same += strcmp(readdir(directory)->d_name, first[i]) == 0;
    }
    printf("  found again %d\n", same);
    // Names that go and come while it is read: those that stay are seen once.
    rewinddir(directory);
    int seen[500] = {0}, entries = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL; ++entries) {
        const int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.') continue;
        if (number < 500) ++seen[number];
        if (entries % 3 == 0 && number % 2 == 1) {
            snprintf(name, sizeof(name), "listing/%d", number);
            unlink(name);
        }
        if (entries % 10 == 0) {
            snprintf(name, sizeof(name), "listing/%d", 1000 + entries);
            put(name, "");
        }
    }
    int once = 0;
    for (int i = 0; i < 500; i += 2) once += seen[i] == 1;
    printf("  seen once %d\n", once);
    closedir(directory);
    const int fd = open("listing", O_RDONLY);
    char buffer[64];
    SHOW(syscall(SYS_getdents64, fd, buffer, 10));
    SHOW(syscall(SYS_getdents64, fd, buffer, 0));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(lseek(fd, -1, SEEK_SET));
    close(fd);
    if (system("rm -r listing") != 0) printf("cannot remove\n");
    SHOW(mkdir("gone", 0755));
    const int gone = open("gone", O_RDONLY);
    SHOW(rmdir("gone"));
    SHOW(syscall(SYS_getdents64, gone, buffer, sizeof(buffer)));
    SHOW_OPEN(openat(gone, "x", O_WRONLY | O_CREAT, 0600));
    SHOW(mkdirat(gone, "x", 0700));
    SHOW(faccessat(gone, "x", F_OK, 0));
    SHOW(faccessat(gone, ".", F_OK, 0));
    SHOW(renameat(AT_FDCWD, "from", gone, "x"));
    SHOW(symlinkat("x", gone, "x"));
    SHOW(linkat(AT_FDCWD, "from", gone, "x", 0));
    struct stat status;
    SHOW(fstat(gone, &status));
    printf("  links %lu\n", (unsigned long)status.st_nlink);
    close(gone);
}

static void nameless(void) {
    for (int exclusive = 0; exclusive < 2; ++exclusive) {
        const int fd = open(".", O_TMPFILE | O_RDWR | (exclusive ? O_EXCL : 0), 0640);
        char self[64];
        struct stat status;
        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        SHOW(write(fd, "text", 4));
        SHOW(fstat(fd, &status));
        printf("  %o %lu %ld\n", status.st_mode, (unsigned long)status.st_nlink, (long)status.st_size);
        const int again = open(self, O_RDWR);
        SHOW(again >= 0 ? pread(again, self, 4, 0) : -1);
        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        SHOW(linkat(AT_FDCWD, self, AT_FDCWD, "given", AT_SYMLINK_FOLLOW));
        mode_of("given");
        if (exclusive) SHOW(linkat(again, "", AT_FDCWD, "given", AT_EMPTY_PATH));
        SHOW(unlink("given"));
        SHOW(linkat(AT_FDCWD, self, AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
        close(again), close(fd);
    }
    put("unlinked", "text");
    const int fd = open("unlinked", O_RDWR);
    char self[64];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    SHOW(unlink("unlinked"));
    SHOW(linkat(AT_FDCWD, self, AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
    SHOW(linkat(fd, "", AT_FDCWD, "back", AT_EMPTY_PATH));
    SHOW(fchmod(fd, 0600));
    SHOW(ftruncate(fd, 10));
    SHOW(fsetxattr(fd, "user.x", "y", 1, 0));
    SHOW(pread(fd, self, 10, 0));
    close(fd);
}

int main(int count, char** arguments) {
    if (count != 2 || chdir(arguments[1]) != 0 || chmod(".", 0755) != 0) return 2;
    static char output[1 << 16];
    setvbuf(stdout, output, _IOFBF, sizeof(output));
    umask(022);
    put("source", "source");
    if (geteuid() == 0) {
        static const unsigned kUsers[][3] = {{0, 0, 0}, {1000, 1000, 0}, {1000, 1000, 1000}, {1000, 1001, 1000}, {0, 1000, 1000}, {1, 1, 1000}};
        for (int i = 0; i < 6; ++i) all_modes(kUsers[i][0], kUsers[i][1], kUsers[i][2]);
        sticky(0);
        sticky(1000);
    } else {
        all_modes(geteuid(), getegid(), 0);
    }
    times();
    holes();
    copying();
    vectors();
    locks();
    listing();
    nameless();
    too_large();
    return 0;
}
