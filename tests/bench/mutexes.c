/* Measures 64 threads that lock and unlock: mutexes OPERATIONS MUTEXES, of all threads together. With one mutex for all, most of it is
 * futex calls; with one for each thread there are none. */
#include <pthread.h>

#include "bench.h"

enum { kThreads = 64 };

static struct {
    pthread_mutex_t mutex;
    long counter;
} locked[kThreads] __attribute__((aligned(64)));
static pthread_barrier_t start;
static long each, mutexes;

static void* lock_and_count(void* argument) {
    const long own = (long)argument % mutexes;
    pthread_barrier_wait(&start);
    for (long i = 0; i < each; ++i) {
        pthread_mutex_lock(&locked[own].mutex);
        ++locked[own].counter;
        pthread_mutex_unlock(&locked[own].mutex);
    }
    return argument;
}

int main(int argc, char** argv) {
    const long count = operations_from(argc, argv);
    mutexes = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    if (mutexes < 1 || mutexes > kThreads) {
        fprintf(stderr, "usage: mutexes OPERATIONS MUTEXES (1 to %d)\n", kThreads);
        return 2;
    }
    each = count / kThreads + 1;
    for (int i = 0; i < kThreads; ++i) pthread_mutex_init(&locked[i].mutex, NULL);
    pthread_barrier_init(&start, NULL, kThreads + 1);
    pthread_t threads[kThreads];
    for (long i = 0; i < kThreads; ++i) {
        errno = pthread_create(&threads[i], NULL, lock_and_count, (void*)i);
        if (errno) die("pthread_create");
    }
    uint64_t begin = now_ns();
    pthread_barrier_wait(&start);
    for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
    long done = 0;
    for (int i = 0; i < kThreads; ++i) done += locked[i].counter;
    if (done != each * kThreads) {
        fprintf(stderr, "mutexes: counted %ld of %ld\n", done, each * kThreads);
        return 1;
    }
    report(done, begin);
    return 0;
}
