// SPDX-License-Identifier: Apache-2.0
//
// A futex without FUTEX_PRIVATE_FLAG is known by what it lies in: processes that map a file, a memory file or anonymous
// shared memory at other addresses meet at it; a private one and one in private memory do not leave the process.
// futex(2), shm_open(3).
#include "testing.h"

#include <linux/futex.h>

static long wake(uint32_t* word, int flags) { return syscall(SYS_futex, word, FUTEX_WAKE | flags, 100); }

static pid_t start_waiter(int fd, off_t offset) {
    pid_t child = fork_child();
    if (child != 0) return child;
    uint32_t* word = EXPECT_OK((uint32_t*)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    word = (uint32_t*)((char*)word + offset);
    long result;
    do result = syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL);
    while (result == -1 && errno == EINTR);
    _exit(result == 0 || errno == EAGAIN ? 0 : 1);
}

static void meet(int fd) {
    EXPECT_OK(ftruncate(fd, 8192));
    uint32_t* words = EXPECT_OK((uint32_t*)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    pid_t child = start_waiter(fd, 4096 + 8);
    wait_asleep(child, child);
    EXPECT_EQ(wake(words, 0), 0);
    EXPECT_EQ(wake(words + 1024 + 2, FUTEX_PRIVATE_FLAG), 0);
    while (wake(words + 1024 + 2, 0) == 0) sched_yield();
    EXPECT_EXIT(child, 0);
    EXPECT_OK(munmap(words, 8192));
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    meet(EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600)));
    meet(EXPECT_OK(memfd_create("memory", 0)));

    uint32_t* shared = (uint32_t*)shared_memory(4096);
    static uint32_t own;
    volatile int* ready = (volatile int*)(shared + 512);
    pid_t child = fork_child();
    if (child == 0) {
        store(ready, 1);
        struct timespec brief = {.tv_nsec = 30000000};
        EXPECT_ERRNO(syscall(SYS_futex, &own, FUTEX_WAIT, 0, &brief), ETIMEDOUT);  // copied by fork: nobody's but ours
        while (syscall(SYS_futex, shared, FUTEX_WAIT, 0, NULL) == -1 && errno == EINTR) continue;
        _exit(0);
    }
    wait_until_at_least(ready, 1);
    EXPECT_EQ(wake(&own, 0), 0);
    while (wake(shared, 0) == 0) sched_yield();
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(wake(&own, 0), 0);
    return 0;
}
