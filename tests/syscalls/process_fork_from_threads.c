// SPDX-License-Identifier: Apache-2.0
//
// Threads that fork at the same time: each child has one thread, its caller, with that thread's locals, mask and name;
// the others' mutexes of the C library work in it; children fork, make threads and execute again. fork(2).
#include "testing.h"

#include <sys/prctl.h>

enum { kThreads = 6, kRounds = 8 };
static __thread int number;

static void* in_child_thread(void* argument) {
    *(int*)argument = 1;
    return NULL;
}

static int count_threads(void) {
    DIR* directory = opendir("/proc/self/task");
    EXPECT(directory != NULL);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void* body(void* argument) {
    number = (int)(long)argument;
    char name[16];
    snprintf(name, sizeof name, "forker-%d", number);
    EXPECT_OK(prctl(PR_SET_NAME, name));
    sigset_t mask = set_of(SIGRTMIN + number), now;
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
    for (int round = 0; round < kRounds; round++) {
        void* block = malloc(1000);
        pid_t child = fork_child();
        if (child == 0) {
            char text[16];
            EXPECT_EQ(number, (int)(long)argument);
            EXPECT_EQ(count_threads(), 1);
            EXPECT_EQ(getpid(), own_tid());
            EXPECT_OK(prctl(PR_GET_NAME, text));
            EXPECT_STREQ(text, name);
            EXPECT_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
            EXPECT(sigismember(&now, SIGRTMIN + number));
            free(block);
            int ran = 0;
            join_thread(start_thread(in_child_thread, &ran));
            EXPECT_EQ(ran, 1);
            if (round % 4 == 0) {
                pid_t grandchild = fork_child();
                if (grandchild == 0) execl("/bin/true", "true", NULL);
                EXPECT_EXIT(grandchild, 0);
            }
            _exit(number);
        }
        free(block);
        EXPECT_EXIT(child, number);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    pthread_t threads[kThreads];
    for (long i = 0; i < kThreads; i++) threads[i] = start_thread(body, (void*)i);
    for (int i = 0; i < kThreads; i++) join_thread(threads[i]);
    EXPECT_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
