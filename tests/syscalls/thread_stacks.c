// SPDX-License-Identifier: Apache-2.0
//
// pthread_getattr_np: of a thread, the size that was asked for and an address range that holds its variables;
// of the main thread, the range of [stack] in /proc/self/maps, bounded by RLIMIT_STACK.
// pthread_getattr_np(3).
#include "testing.h"

#include <sys/resource.h>

static void own_range(char** low, size_t* size) {
    pthread_attr_t attributes;
    EXPECT_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    EXPECT_EQ(pthread_attr_getstack(&attributes, (void**)low, size), 0);
    EXPECT_EQ(pthread_attr_destroy(&attributes), 0);
}

static void* body(void* argument) {
    char here, *low;
    size_t size;
    own_range(&low, &size);
    EXPECT(size >= (size_t)argument && size <= (size_t)argument + 65536);
    EXPECT(&here > low && &here < low + size);
    volatile char* deep = low + 4096;  // as far down as it was promised
    *deep = 1;
    return NULL;
}

int main(void) {
    watchdog(60);
    for (size_t size = 65536; size <= 16 << 20; size *= 4) {
        pthread_attr_t attributes;
        pthread_t thread;
        EXPECT_EQ(pthread_attr_init(&attributes), 0);
        EXPECT_EQ(pthread_attr_setstacksize(&attributes, size), 0);
        EXPECT_EQ(pthread_create(&thread, &attributes, body, (void*)size), 0);
        join_thread(thread);
    }
    char here, *low;
    size_t size;
    own_range(&low, &size);
    EXPECT(&here > low && &here < low + size);
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_STACK, &limit));
    if (limit.rlim_cur != RLIM_INFINITY) EXPECT(size <= limit.rlim_cur && size >= limit.rlim_cur / 2);

    FILE* maps = fopen("/proc/self/maps", "re");
    EXPECT(maps != NULL);
    char line[1024];
    bool found = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        if (strstr(line, "[stack]") == NULL) continue;
        EXPECT_EQ(sscanf(line, "%lx-%lx", &start, &end), 2);
        EXPECT((unsigned long)&here >= start && (unsigned long)&here < end);
        EXPECT((unsigned long)low + size > start && (unsigned long)low + size <= end);
        EXPECT(!found);
        found = true;
    }
    EXPECT(found);
    return 0;
}
