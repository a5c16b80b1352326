// SPDX-License-Identifier: Apache-2.0
//
// getrandom: as many bytes as asked, GRND_NONBLOCK, GRND_RANDOM and GRND_INSECURE, never the same, differing after fork,
// flags that exclude one another, bad memory; /dev/urandom alike. getrandom(2).
#include "testing.h"

#include <sys/random.h>

#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

int main(void) {
    watchdog(60);
    static unsigned char one[100000], two[100000];
    EXPECT_EQ(getrandom(one, 256, 0), 256);
    EXPECT_EQ(getrandom(two, 256, GRND_NONBLOCK), 256);
    EXPECT(memcmp(one, two, 256) != 0);
    EXPECT_EQ(getrandom(one, sizeof one, 0), sizeof one);
    int counts[256] = {0};
    for (size_t i = 0; i < sizeof one; i++) counts[one[i]]++;
    for (int i = 0; i < 256; i++) EXPECT(counts[i] > 200 && counts[i] < 600);
    EXPECT(getrandom(two, 64, GRND_RANDOM | GRND_NONBLOCK) > 0 || errno == EAGAIN);
    if (getrandom(two, 64, GRND_INSECURE) == -1) EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(getrandom(two, 0, 0), 0);
    EXPECT_ERRNO(getrandom(two, 16, 0x100), EINVAL);
    EXPECT_ERRNO(getrandom(two, 16, GRND_INSECURE | GRND_RANDOM), EINVAL);
    EXPECT_ERRNO(syscall(SYS_getrandom, 8L, 16L, 0), EFAULT);

    unsigned char* shared = (unsigned char*)shared_memory(4096);
    pid_t child = fork_child();
    if (child == 0) _exit(getrandom(shared, 32, 0) == 32 ? 0 : 1);
    EXPECT_EQ(getrandom(one, 32, 0), 32);
    EXPECT_EXIT(child, 0);
    EXPECT(memcmp(one, shared, 32) != 0);
    int fd = EXPECT_OK(open("/dev/urandom", O_RDONLY));
    EXPECT_EQ(read(fd, one, 32), 32);
    EXPECT(memcmp(one, shared, 32) != 0);
    return 0;
}
