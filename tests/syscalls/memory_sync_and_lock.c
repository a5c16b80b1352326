// SPDX-License-Identifier: Apache-2.0
//
// msync makes stores visible to read and refuses bad flags and holes; RLIMIT_MEMLOCK bounds mlock for the unprivileged;
// mlockall with MCL_FUTURE locks what comes; MAP_LOCKED and MAP_POPULATE; unknown MAP_SHARED_VALIDATE flags. msync(2),
// mlock(2), mmap(2).
#include "testing.h"

#include <sys/resource.h>

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

static long locked_kilobytes(void) {
    char text[8192];
    read_file("/proc/self/status", text, sizeof text);
    const char* line = strstr(text, "\nVmLck:");
    EXPECT(line != NULL);
    return atol(line + 7);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int fd = EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
    EXPECT_OK(ftruncate(fd, 3 * 4096));
    char* map = EXPECT_OK((char*)mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    memcpy(map + 4096, "stored", 6);
    char text[8];
    EXPECT_OK(msync(map, 3 * 4096, MS_SYNC));
    EXPECT_EQ(pread(fd, text, 6, 4096), 6);
    EXPECT_EQ(memcmp(text, "stored", 6), 0);
    EXPECT_EQ(pwrite(fd, "other", 5, 0), 5);
    EXPECT_EQ(memcmp(map, "other", 5), 0);
    EXPECT_OK(msync(map, 4096, MS_ASYNC | MS_INVALIDATE));
    EXPECT_ERRNO(msync(map, 4096, MS_ASYNC | MS_SYNC), EINVAL);
    EXPECT_ERRNO(msync(map, 4096, 0x100), EINVAL);
    EXPECT_ERRNO(msync(map + 1, 4096, MS_SYNC), EINVAL);
    EXPECT_OK(msync(map, 0, MS_SYNC));
    EXPECT_OK(munmap(map + 4096, 4096));
    EXPECT_ERRNO(msync(map, 3 * 4096, MS_SYNC), ENOMEM);
    EXPECT_ERRNO(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x200000, fd, 0) == MAP_FAILED ? -1 : 0, EOPNOTSUPP);
    EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_SHARED | 0x200000, fd, 0));  // the old kind ignores what it does not know
    EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, fd, 0));
    char* populated =
        EXPECT_OK((char*)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
    unsigned char resident[16];
    EXPECT_OK(mincore(populated, 65536, resident));
    for (int i = 0; i < 16; i++) EXPECT_EQ(resident[i] & 1, 1);

    if (getuid() != 0) SKIP("the rest needs root");
    pid_t child = fork_child();
    if (child == 0) {
        struct rlimit limit;
        EXPECT_OK(getrlimit(RLIMIT_MEMLOCK, &limit));
        limit.rlim_cur = 0;
        EXPECT_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
        long before = locked_kilobytes();
        EXPECT_OK(mlock(populated, 8192));  // root may
        EXPECT_EQ(locked_kilobytes() - before, 8);
        EXPECT_OK(munlock(populated, 65536));
        EXPECT_OK(setuid(65534));
        EXPECT_ERRNO(mlock(populated, 4096), EPERM);
        EXPECT_ERRNO(mlockall(MCL_CURRENT), EPERM);
        EXPECT_ERRNO(mlockall(0), EINVAL);
        EXPECT_ERRNO(mlockall(MCL_ONFAULT), EINVAL);
        EXPECT_ERRNO(
            mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED ? -1 : 0, EPERM);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
