// SPDX-License-Identifier: Apache-2.0
//
// fork from a thread while others allocate, print and fork, too: each child has only the forking thread and
// can allocate, print, start threads and fork itself. fork(2).
#include "testing.h"

static volatile int finish;

static void* allocate(void* argument) {
    unsigned seed = (unsigned)(size_t)argument;
    void* blocks[64] = {0};
    while (!load(&finish)) {
        unsigned index = (seed = seed * 1103515245 + 12345) >> 16 & 63;
        free(blocks[index]);
        blocks[index] = malloc(seed >> 8 & 0xffff);
    }
    for (int i = 0; i < 64; i++) free(blocks[i]);
    return NULL;
}

static void* in_child(void*) { return malloc(100); }

static void* forker(void*) {
    for (int i = 0; i < 50; i++) {
        pid_t child = fork_child();
        if (child == 0) {
            char* text = malloc(100000);
            EXPECT(text != NULL);
            free(text);
            EXPECT_EQ(own_tid(), getpid());
            free(join_thread(start_thread(in_child, NULL)));
            pid_t grandchild = fork_child();
            if (grandchild == 0) _exit(3);
            EXPECT_EXIT(grandchild, 3);
            FILE* null = fopen("/dev/null", "w");
            EXPECT(null != NULL && fprintf(null, "%d\n", i) > 0);
            fclose(null);
            _exit(4);
        }
        EXPECT_EXIT(child, 4);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t allocators[3], forkers[2];
    for (size_t i = 0; i < 3; i++) allocators[i] = start_thread(allocate, (void*)(i + 1));
    for (int i = 0; i < 2; i++) forkers[i] = start_thread(forker, NULL);
    for (int i = 0; i < 2; i++) join_thread(forkers[i]);
    store(&finish, 1);
    for (int i = 0; i < 3; i++) join_thread(allocators[i]);
    return 0;
}
