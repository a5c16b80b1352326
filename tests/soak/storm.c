// SPDX-License-Identifier: Apache-2.0
//
// storm SECONDS: threads that fork, exec, spawn threads, map memory and open files, under a rain of signals, for a while.
// Then everything must be as before: no descriptor, mapping or thread more, no child, no signal lost or doubled. Prints
// counts; exit status 0, or 1 with what is left over.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kWorkers = 6 };

static atomic_bool stop;
static atomic_ulong forks, execs, threads, maps, files, signals_sent, signals_seen, alarms;
static char* self;

static void fail(const char* what) {
    fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void on_queued(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)context;
    if (info->si_value.sival_int != 4711) _exit(9);
    atomic_fetch_add(&signals_seen, 1);
}
static void on_alarm(int signal) {
    (void)signal;
    atomic_fetch_add(&alarms, 1);
}

static void reap(pid_t pid, int expected) {
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) fail("waitpid");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected) {
        fprintf(stderr, "storm: child %d: status %#x, expected exit %d\n", (int)pid, (unsigned)status, expected);
        _exit(1);
    }
}

static void fork_once(unsigned turn) {
    const pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        char* memory = malloc(1000 + turn % 5000);  // the heap must be usable in the child
        memset(memory, 1, 1000);
        if (turn % 2 == 0) {
            char* const arguments[] = {self, "child", NULL};
            execv(self, arguments);
            _exit(99);
        }
        _exit(17);
    }
    atomic_fetch_add(&forks, 1);
    if (turn % 2 == 0) atomic_fetch_add(&execs, 1);
    reap(pid, 17);
}

static void spawn_once(void) {
    char* const arguments[] = {self, "child", NULL};
    pid_t pid;
    const int error = posix_spawn(&pid, self, NULL, NULL, arguments, NULL);
    if (error != 0) errno = error, fail("posix_spawn");
    atomic_fetch_add(&execs, 1);
    reap(pid, 17);
    if (posix_spawn(&pid, "/none", NULL, NULL, arguments, NULL) != ENOENT) fail("posix_spawn of nothing");
}

static void* short_thread(void* argument) {
    const pid_t expected = (pid_t)syscall(SYS_getpid);
    return getpid() == expected ? argument : NULL;
}

static void thread_once(void) {
    pthread_t thread;
    void* result;
    if ((errno = pthread_create(&thread, NULL, short_thread, self)) != 0) fail("pthread_create");
    if ((errno = pthread_join(thread, &result)) != 0 || result != self) fail("pthread_join");
    atomic_fetch_add(&threads, 1);
}

static void map_once(unsigned turn) {
    const size_t size = 4096 * (1 + turn % 64);
    char* at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) fail("mmap");
    at[size - 1] = 1;
    char* moved = mremap(at, size, size * 2, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED || moved[size - 1] != 1) fail("mremap");
    if (mprotect(moved, size, PROT_READ) != 0 || munmap(moved, size * 2) != 0) fail("munmap");
    atomic_fetch_add(&maps, 1);
}

static void file_once(void) {
    char buffer[512];
    const char* const names[] = {"/proc/self/maps", "/proc/self/stat", "/proc/self/exe", "/dev/null"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        const int fd = open(names[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0) fail(names[i]);
        if (read(fd, buffer, sizeof(buffer)) < 0) fail("read");
        if (close(fd) != 0) fail("close");
    }
    atomic_fetch_add(&files, 1);
}

static void signal_once(void) {
    const union sigval value = {.sival_int = 4711};
    while (sigqueue(getpid(), SIGRTMIN + 1, value) != 0) {
        if (errno != EAGAIN) fail("sigqueue");  // too many wait already
        sched_yield();
    }
    atomic_fetch_add(&signals_sent, 1);
}

static void* worker(void* argument) {
    unsigned turn = (unsigned)(size_t)argument;
    while (!atomic_load(&stop)) {
        switch (turn++ % 6) {
            case 0: fork_once(turn); break;
            case 1: thread_once(); break;
            case 2: map_once(turn); break;
            case 3: file_once(); break;
            case 4: signal_once(); break;
            default:
                if (turn % 5 == 0) spawn_once();
        }
    }
    return NULL;
}

static int entries(const char* directory) {
    DIR* open = opendir(directory);
    if (open == NULL) fail(directory);
    int count = 0;
    while (readdir(open) != NULL) ++count;
    closedir(open);
    return count;
}
static int lines(const char* file) {
    FILE* open = fopen(file, "re");
    if (open == NULL) fail(file);
    int count = 0;
    for (int c; (c = getc(open)) != EOF;) count += c == '\n';
    fclose(open);
    return count;
}

struct Inventory {
    int descriptors, mappings, tasks;
};
// A thread that was joined is gone from /proc a moment later only: the kernel wakes the joiner before it removes the thread.
static struct Inventory take(void) {
    enum { kOnlyTheFirst = 3 };  // with "." and ".."
    for (int i = 0; i < 100000 && entries("/proc/self/task") > kOnlyTheFirst; ++i) sched_yield();
    return (struct Inventory){entries("/proc/self/fd"), lines("/proc/self/maps"), entries("/proc/self/task")};
}

// A second of everything, or more.
static void storm(double seconds) {
    pthread_t workers[kWorkers];
    atomic_store(&stop, false);
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &often, NULL);
    for (size_t i = 0; i < kWorkers; ++i) {
        if ((errno = pthread_create(&workers[i], NULL, worker, (void*)i)) != 0) fail("pthread_create");
    }
    struct timespec end, now;
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double until = (double)end.tv_sec + (double)end.tv_nsec / 1e9 + seconds;
    do {
        const struct timespec nap = {0, 50 * 1000 * 1000};
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)now.tv_sec + (double)now.tv_nsec / 1e9 < until);
    atomic_store(&stop, true);
    for (size_t i = 0; i < kWorkers; ++i) pthread_join(workers[i], NULL);
    const struct itimerval off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &off, NULL);
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) return 17;
    if (argc < 2) return 2;
    self = argv[0];
    const double seconds = atof(argv[1]);

    struct sigaction queued = {.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigaction alarm_action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    if (sigaction(SIGRTMIN + 1, &queued, NULL) != 0 || sigaction(SIGALRM, &alarm_action, NULL) != 0) fail("sigaction");

    storm(1);  // thread stacks, heap arenas: what a first round leaves behind is a cache, not a leak
    storm(1);
    const struct Inventory before = take();
    storm(seconds);
    for (int i = 0; i < 1000 && atomic_load(&signals_seen) != atomic_load(&signals_sent); ++i) sched_yield();
    const struct Inventory after = take();

    printf("forks %lu, execs %lu, threads %lu, mappings %lu, files %lu, signals %lu of %lu, alarms %lu\n", forks, execs,
           threads, maps, files, signals_seen, signals_sent, alarms);
    printf("descriptors %d then %d, mappings %d then %d, threads %d then %d\n", before.descriptors, after.descriptors,
           before.mappings, after.mappings, before.tasks, after.tasks);
    int failures = 0;
    failures += after.descriptors != before.descriptors;
    failures += after.tasks != before.tasks;
    failures += after.mappings > before.mappings + 16;  // the allocator's arenas come and go by a few
    failures += signals_seen != signals_sent;
    failures += alarms == 0 || forks == 0 || execs == 0 || threads == 0;
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) ++failures;
    if (failures != 0) fprintf(stderr, "storm: something is left over (%d)\n", failures);
    return failures == 0 ? 0 : 1;
}
