// SPDX-License-Identifier: Apache-2.0
//
// RLIMIT_DATA bounds the break and private writable memory, RLIMIT_AS everything, RLIMIT_STACK the stack's growth; what is
// there stays when a limit is lowered; ENOMEM is an answer and no crash. getrlimit(2), mmap(2), brk(2).
#include "testing.h"

#include <sys/resource.h>

static int deepen(int levels) {
    volatile char page[8192];
    page[0] = (char)levels;
    return levels == 0 ? 0 : deepen(levels - 1) + page[0] - (char)levels;
}

static void set(int resource, rlim_t soft) {
    struct rlimit limit;
    EXPECT_OK(getrlimit((__rlimit_resource_t)resource, &limit));
    limit.rlim_cur = soft;
    EXPECT_OK(setrlimit((__rlimit_resource_t)resource, &limit));
}

static void* map(size_t size, int protection) {
    return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void) {
    watchdog(60);
    pid_t child = fork_child();
    if (child == 0) {
        char* kept = EXPECT_OK((char*)map(1 << 20, PROT_READ | PROT_WRITE));
        set(RLIMIT_DATA, 64 << 20);
        EXPECT(map(256 << 20, PROT_READ | PROT_WRITE) == MAP_FAILED);
        EXPECT_EQ(errno, ENOMEM);
        EXPECT_OK(map(256 << 20, PROT_NONE));  // not data
        char* now = (char*)sbrk(0);
        EXPECT(sbrk(256 << 20) == (void*)-1);
        EXPECT_EQ(errno, ENOMEM);
        EXPECT(sbrk(0) == now);
        EXPECT_OK(sbrk(65536));
        memset(kept, 1, 1 << 20);
        EXPECT_OK(map(1 << 20, PROT_READ | PROT_WRITE));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    child = fork_child();
    if (child == 0) {
        char* kept = EXPECT_OK((char*)map(1 << 20, PROT_READ | PROT_WRITE));
        set(RLIMIT_AS, 1 << 20);  // less than there is
        EXPECT(map(1 << 20, PROT_READ | PROT_WRITE) == MAP_FAILED);
        EXPECT_EQ(errno, ENOMEM);
        EXPECT(mremap(kept, 1 << 20, 2 << 20, MREMAP_MAYMOVE) == MAP_FAILED);
        EXPECT_EQ(errno, ENOMEM);
        memset(kept, 1, 1 << 20);
        EXPECT_OK(munmap(kept, 1 << 20));
        set(RLIMIT_AS, RLIM_INFINITY);
        EXPECT_OK(map(1 << 20, PROT_READ | PROT_WRITE));
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    child = fork_child();
    if (child == 0) {
        set(RLIMIT_STACK, 512 << 10);
        EXPECT_EQ(deepen(20), 0);
        signal(SIGSEGV, SIG_DFL);
        set(RLIMIT_CORE, 0);
        deepen(1000);
        _exit(0);
    }
    EXPECT_KILLED(child, SIGSEGV);
    EXPECT(map(SIZE_MAX & ~4095UL, PROT_READ) == MAP_FAILED);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT(map(0, PROT_READ) == MAP_FAILED);
    EXPECT_EQ(errno, EINVAL);
    return 0;
}
