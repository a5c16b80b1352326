/* What a program does with files: file_load OPERATIONS KIND DIRECTORY
 *
 *   sequential_write   writes OPERATIONS MiB to one file, 256 KiB at a time, and fsync    an operation is a MiB
 *   sequential_read    reads it again, which it wrote before the clock started
 *   random_write       overwrites blocks of 4 KiB at random places of a file of 64 MiB, fsync at the end
 *   random_read        reads such blocks
 *   fsync              appends 4 KiB and calls fsync, each time
 *   small_create, small_stat, small_read, small_unlink   OPERATIONS files of 1 KiB in one directory
 *
 * Contents do not compress and are checked when they are read. Prints the line of bench.h. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bench.h"

enum { kMiB = 1 << 20, kPiece = 256 << 10, kBlock = 4096, kRandomFile = 64 * kMiB, kSmall = 1024 };

static char buffer[kPiece];
static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) { /* xorshift64 */
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void fill(uint64_t seed) {
    state = seed * 2654435761u + 1;
    for (size_t i = 0; i < kPiece / 8; ++i) ((uint64_t*)buffer)[i] = next_random();
}

static int open_or_die(const char* name, int flags) {
    int fd = open(name, flags, 0644);
    if (fd < 0) die(name);
    return fd;
}

static void write_or_die(int fd, const void* from, size_t size, off_t at) {
    if (pwrite(fd, from, size, at) != (ssize_t)size) die("pwrite");
}

static void read_or_die(int fd, void* to, size_t size, off_t at) {
    if (pread(fd, to, size, at) != (ssize_t)size) die("pread");
}

static void sync_or_die(int fd) {
    if (fsync(fd) != 0) die("fsync");
}

static void write_file(long size) {
    int fd = open_or_die("file", O_CREAT | O_WRONLY | O_TRUNC);
    for (long at = 0; at < size; at += kPiece) {
        ((uint64_t*)buffer)[0] = (uint64_t)at;
        write_or_die(fd, buffer, kPiece, at);
    }
    sync_or_die(fd);
    close(fd);
}

static uint64_t sequential_write(long count) {
    uint64_t begin = now_ns();
    write_file(count * kMiB);
    return begin;
}

static uint64_t sequential_read(long count) {
    write_file(count * kMiB);
    int fd = open_or_die("file", O_RDONLY);
    uint64_t begin = now_ns();
    for (long at = 0; at < count * kMiB; at += kPiece) {
        read_or_die(fd, buffer, kPiece, at);
        if (((uint64_t*)buffer)[0] != (uint64_t)at) die("other bytes than were written");
    }
    close(fd);
    return begin;
}

static uint64_t random_blocks(long count, int is_write) {
    write_file(kRandomFile);
    int fd = open_or_die("file", O_RDWR);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        off_t at = (off_t)(next_random() % (kRandomFile / kBlock)) * kBlock;
        if (is_write) {
            write_or_die(fd, buffer + i % 32 * kBlock, kBlock, at);
        } else {
            read_or_die(fd, buffer, kBlock, at);
        }
    }
    if (is_write) sync_or_die(fd);
    close(fd);
    return begin;
}
static uint64_t random_write(long count) { return random_blocks(count, 1); }
static uint64_t random_read(long count) { return random_blocks(count, 0); }

static uint64_t synced_append(long count) {
    int fd = open_or_die("log", O_CREAT | O_WRONLY | O_APPEND);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        if (write(fd, buffer, kBlock) != kBlock) die("write");
        sync_or_die(fd);
    }
    close(fd);
    return begin;
}

static const char* small_name(long i) {
    static char name[32];
    snprintf(name, sizeof name, "small/%ld", i);
    return name;
}

static void create_small(long count) {
    if (mkdir("small", 0755) != 0) die("mkdir");
    for (long i = 0; i < count; ++i) {
        int fd = open_or_die(small_name(i), O_CREAT | O_EXCL | O_WRONLY);
        write_or_die(fd, buffer, kSmall, 0);
        close(fd);
    }
}

static uint64_t small_create(long count) {
    uint64_t begin = now_ns();
    create_small(count);
    return begin;
}

static uint64_t small_stat(long count) {
    create_small(count);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        struct stat status;
        if (stat(small_name(i), &status) != 0 || status.st_size != kSmall) die("stat");
    }
    return begin;
}

static uint64_t small_read(long count) {
    create_small(count);
    char found[kSmall];
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        int fd = open_or_die(small_name(i), O_RDONLY);
        read_or_die(fd, found, kSmall, 0);
        if (memcmp(found, buffer, kSmall) != 0) die("other bytes than were written");
        close(fd);
    }
    return begin;
}

static uint64_t small_unlink(long count) {
    create_small(count);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        if (unlink(small_name(i)) != 0) die("unlink");
    }
    return begin;
}

static const struct {
    const char* name;
    uint64_t (*run)(long count); /* gives when the clock started */
} kKinds[] = {
    {"sequential_write", sequential_write},
    {"sequential_read", sequential_read},
    {"random_write", random_write},
    {"random_read", random_read},
    {"fsync", synced_append},
    {"small_create", small_create},
    {"small_stat", small_stat},
    {"small_read", small_read},
    {"small_unlink", small_unlink},
};

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    if (argc == 4 && chdir(argv[3]) != 0) die(argv[3]);
    fill(1);
    for (size_t i = 0; argc == 4 && i < sizeof kKinds / sizeof *kKinds; ++i) {
        if (strcmp(argv[2], kKinds[i].name) != 0) continue;
        report(count, kKinds[i].run(count));
        return 0;
    }
    fprintf(stderr, "usage: %s OPERATIONS KIND DIRECTORY\n", argv[0]);
    return 2;
}
