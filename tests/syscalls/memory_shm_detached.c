// SPDX-License-Identifier: Apache-2.0
//
// Where a segment of System V memory was attached, nothing of the program's is afterwards: what lies there is not shown, and
// cannot be unmapped by who thinks that it is still there. shmdt(2), proc(5).
#include "testing.h"

#include <linux/futex.h>
#include <sys/shm.h>

enum { kThreads = 40, kStack = 64 << 10 };
static char stacks[kThreads][kStack] __attribute__((aligned(4096)));
static pthread_t threads[kThreads];
static volatile int finish;

static void* wait_for_end(void*) {
    while (!load(&finish)) syscall(SYS_futex, &finish, FUTEX_WAIT, 0, NULL);
    return NULL;
}

static int shown_within(uintptr_t from, uintptr_t to) {
    FILE* maps = fopen("/proc/self/maps", "re");
    EXPECT(maps != NULL);
    char line[5000];
    int count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin, end;
        EXPECT_EQ(sscanf(line, "%lx-%lx", &begin, &end), 2);
        count += begin < to && end > from;
    }
    EXPECT_OK(fclose(maps));
    return count;
}

static char* attach(size_t size) {
    int id = EXPECT_OK(shmget(IPC_PRIVATE, size, 0600));
    char* at = EXPECT_OK(shmat(id, NULL, 0));
    EXPECT_OK(shmctl(id, IPC_RMID, NULL));
    return at;
}

int main(void) {
    watchdog(60);
    // A part of it may have become something else, which stays.
    char* at = attach(4 * 4096);
    EXPECT(EXPECT_OK(mmap(at + 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)) ==
           at + 4096);
    at[4096] = 1;
    EXPECT_OK(shmdt(at));
    EXPECT_EQ(shown_within((uintptr_t)at, (uintptr_t)at + 4 * 4096), 1);
    EXPECT_EQ(at[4096], 1);
    EXPECT_OK(munmap(at, 4 * 4096));
    EXPECT_ERRNO(shmdt(at), EINVAL);

    // Threads on stacks that are there already map nothing: whatever fills the place is a runtime's below the program. They stay, so
    // that sooner or later nothing but the place is left.
    for (int i = 0; i < kThreads; i++) {
        const size_t size = (size_t)1 << 20 << i % 5;
        at = attach(size);
        EXPECT_OK(shmdt(at));
        pthread_attr_t attributes;
        EXPECT_EQ(pthread_attr_init(&attributes), 0);
        EXPECT_EQ(pthread_attr_setstack(&attributes, stacks[i], kStack), 0);
        EXPECT_EQ(pthread_create(&threads[i], &attributes, wait_for_end, NULL), 0);
        EXPECT_EQ(shown_within((uintptr_t)at, (uintptr_t)at + size), 0);
        EXPECT_OK(munmap(at, size));
    }
    store(&finish, 1);
    EXPECT_OK(syscall(SYS_futex, &finish, FUTEX_WAKE, kThreads));
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    return 0;
}
