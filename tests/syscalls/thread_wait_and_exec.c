// SPDX-License-Identifier: Apache-2.0
//
// A thread other than the first executes while the others sleep, compute and wait for children: the process keeps its
// pid, has one thread, its children, its pending signals and limits; the exit code is the new program's. execve(2).
#include "testing.h"

#include <sys/resource.h>

static const char* path;
static char child_text[16];
static volatile int ready;

static void* sleep_in_read(void*) {
    int fds[2];
    char byte;
    EXPECT_OK(pipe2(fds, O_CLOEXEC));
    add(&ready, 1);
    if (read(fds[0], &byte, 1) != -2) pause();
    return NULL;
}

static void* compute(void*) {
    add(&ready, 1);
    for (volatile unsigned long work = 0;; work++) continue;
    return NULL;
}

static void* execute(void* argument) {
    wait_until_at_least(&ready, 4);
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    sigset_t set = set_of(SIGUSR1);
    EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    execl(path, path, pid, child_text, NULL);
    return argument;
}

static int executed(char** argv) {
    EXPECT_EQ(getpid(), atoi(argv[1]));
    EXPECT_EQ(own_tid(), getpid());
    DIR* directory = opendir("/proc/self/task");
    EXPECT(directory != NULL);
    int count = 0;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    EXPECT_EQ(count, 1);
    sigset_t pending;
    EXPECT_OK(sigpending(&pending));
    EXPECT(sigismember(&pending, SIGUSR1));
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_CORE, &limit));
    EXPECT_EQ(limit.rlim_cur, 0);
    pid_t child = atoi(argv[2]);
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);
    return 0;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc > 1) return executed(argv);
    path = own_path(argv[0]);
    // All threads block it, so that it stays pending for the process.
    sigset_t set = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_CORE, &limit));
    limit.rlim_cur = 0;
    EXPECT_OK(setrlimit(RLIMIT_CORE, &limit));
    pid_t child = fork_child();
    if (child == 0)
        for (;;) pause();
    snprintf(child_text, sizeof child_text, "%d", child);
    for (int i = 0; i < 3; i++) start_thread(sleep_in_read, NULL);
    start_thread(compute, NULL);
    start_thread(execute, NULL);
    int status;
    waitpid(child, &status, 0);
    for (;;) pause();
}
