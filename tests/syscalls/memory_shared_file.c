// SPDX-License-Identifier: Apache-2.0
//
// A file mapped MAP_SHARED, read, written, cut and mapped again by several processes: every one sees the same bytes,
// also through a read-only mapping and after the descriptor was closed; what was stored is in the file after munmap,
// exit and kill. A private mapping keeps its own. mmap(2), msync(2), mremap(2).
#include "testing.h"

enum { kPage = 4096, kSize = 5 * kPage + 100 };

static void wait_killed(pid_t child) {
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static char byte_at(off_t offset) {
    char byte = 0;
    int fd = EXPECT_OK(open("file", O_RDONLY));
    EXPECT_EQ(pread(fd, &byte, 1, offset), 1);
    EXPECT_OK(close(fd));
    return byte;
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));
    char text[kSize];
    for (int i = 0; i < kSize; i++) text[i] = (char)('a' + i % 26);
    EXPECT_EQ(write(fd, text, kSize), kSize);

    char* map = EXPECT_OK(mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    int reader_fd = EXPECT_OK(open("file", O_RDONLY));
    const char* reader = EXPECT_OK(mmap(NULL, kSize, PROT_READ, MAP_SHARED, reader_fd, 0));
    EXPECT_ERRNO(mprotect((void*)reader, kPage, PROT_READ | PROT_WRITE), EACCES);
    EXPECT_OK(close(reader_fd));
    EXPECT(memcmp(map, text, kSize) == 0 && memcmp(reader, text, kSize) == 0);
    for (int i = kSize; i < 6 * kPage; i++) EXPECT_EQ(map[i], 0);

    // Stores are read, writes are loaded, in this process and another.
    map[10] = 'S';
    EXPECT_EQ(reader[10], 'S');
    EXPECT_EQ(byte_at(10), 'S');
    EXPECT_EQ(pwrite(fd, "WW", 2, kPage - 1), 2);
    EXPECT(map[kPage - 1] == 'W' && map[kPage] == 'W' && reader[kPage] == 'W');
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_EQ(byte_at(10), 'S');
        map[11] = 'C';
        int other = EXPECT_OK(open("file", O_RDWR));
        EXPECT_EQ(pwrite(other, "D", 1, 12), 1);
        char* again = EXPECT_OK(mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, other, kPage));
        EXPECT_EQ(again[0], 'W');
        again[1] = 'E';
        _exit(0);
    }
    EXPECT_EQ(wait_child(child), 0);
    EXPECT(map[11] == 'C' && map[12] == 'D' && map[kPage + 1] == 'E');
    EXPECT(byte_at(11) == 'C' && byte_at(kPage + 1) == 'E');

    // Of a process that was killed.
    child = fork_child();
    if (child == 0) {
        map[13] = 'K';
        kill(getpid(), SIGKILL);
    }
    wait_killed(child);
    EXPECT(map[13] == 'K' && byte_at(13) == 'K');
    child = fork_child();
    if (child == 0) {
        int other = EXPECT_OK(open("unshared", O_RDWR | O_CREAT, 0600));
        EXPECT_OK(ftruncate(other, kPage));
        char* own = EXPECT_OK(mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0));
        memcpy(own, "stored", 6);
        kill(getpid(), SIGKILL);
    }
    wait_killed(child);
    read_file("unshared", text, sizeof text);
    EXPECT(memcmp(text, "stored", 6) == 0);

    // A private mapping.
    char* mine = EXPECT_OK(mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    EXPECT(mine[10] == 'S' && mine[13] == 'K' && mine[kSize] == 0);
    mine[10] = 'P';
    EXPECT(map[10] == 'S' && byte_at(10) == 'S');
    EXPECT_OK(munmap(mine, kSize));
    EXPECT_ERRNO(mmap(NULL, kPage, PROT_READ, MAP_SHARED, EXPECT_OK(open("file", O_WRONLY)), 0), EACCES);
    EXPECT_ERRNO(mmap(NULL, kPage, PROT_READ, MAP_SHARED, fd, 1), EINVAL);

    // Cut short and grown: zeros come back.
    EXPECT_OK(ftruncate(fd, kPage + 10));
    EXPECT(map[kPage + 9] != 0 && map[kPage + 10] == 0);
    EXPECT_OK(ftruncate(fd, 3 * kPage));
    EXPECT(map[kPage + 10] == 0 && map[2 * kPage] == 0);
    EXPECT_EQ(pwrite(fd, "new", 3, 2 * kPage), 3);
    EXPECT(memcmp(map + 2 * kPage, "new", 3) == 0 && memcmp(reader + 2 * kPage, "new", 3) == 0);

    // The mapping outlives the descriptor and the name.
    EXPECT_OK(close(fd));
    map[20] = 'Z';
    EXPECT_OK(msync(map, kPage, MS_SYNC));
    EXPECT_EQ(byte_at(20), 'Z');
    map = EXPECT_OK(mremap(map, kSize, 8 * kPage, MREMAP_MAYMOVE));
    EXPECT_EQ(map[20], 'Z');
    map[21] = 'Y';
    EXPECT_OK(munmap((void*)reader, kSize));
    EXPECT_OK(munmap(map, 8 * kPage));
    EXPECT_EQ(byte_at(21), 'Y');
    fd = EXPECT_OK(open("file", O_RDWR));
    map = EXPECT_OK(mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    EXPECT_OK(unlink("file"));
    EXPECT_OK(close(fd));
    EXPECT_EQ(map[21], 'Y');
    map[21] = 'X';
    EXPECT_OK(msync(map, kPage, MS_SYNC));
    EXPECT_OK(munmap(map, kPage));
    return 0;
}
