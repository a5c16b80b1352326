// SPDX-License-Identifier: Apache-2.0
//
// memfd_create: a nameless file that maps, truncates, is inherited and shows in /proc/self/fd; seals against
// shrinking, growing, writing and sealing hold for write, ftruncate and mmap. memfd_create(2), fcntl(2) "File
// Sealing".
#include "testing.h"

int main(void) {
    watchdog(60);
    int fd = memfd_create("secret name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd == -1) SKIP("memfd_create: %s", strerror(errno));
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(ftruncate(fd, 8192));
    char* shared = EXPECT_OK(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    strcpy(shared + 5000, "through memory");
    char text[16];
    EXPECT_EQ(pread(fd, text, 15, 5000), 15);
    EXPECT_STREQ(text, "through memory");
    EXPECT_EQ(fcntl(fd, F_GET_SEALS), 0);
    struct stat status;
    EXPECT_OK(fstat(fd, &status));
    EXPECT(S_ISREG(status.st_mode) && status.st_size == 8192 && status.st_nlink == 0);

    EXPECT_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    EXPECT_ERRNO(ftruncate(fd, 4096), EPERM);
    EXPECT_ERRNO(ftruncate(fd, 16384), EPERM);
    EXPECT_ERRNO(pwrite(fd, "x", 1, 8192), EPERM);
    EXPECT_EQ(pwrite(fd, "x", 1, 0), 1);
    EXPECT_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);  // a writable mapping exists
    EXPECT_OK(munmap(shared, 8192));
    EXPECT_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
    EXPECT_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
    EXPECT_ERRNO(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
    EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    EXPECT_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    EXPECT_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);

    int unsealable = EXPECT_OK(memfd_create("x", 0));
    EXPECT_EQ(fcntl(unsealable, F_GET_SEALS), F_SEAL_SEAL);
    EXPECT_ERRNO(memfd_create("x", 0x4000), EINVAL);
    char link[64], target[64] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    EXPECT_OK(readlink(link, target, sizeof target - 1));
    EXPECT_STREQ(target, "/memfd:secret name (deleted)");
    return 0;
}
