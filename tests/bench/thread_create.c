/* Measures the creation, end and join of a thread. */
#include <pthread.h>

#include "bench.h"

static void* nothing(void* argument) { return argument; }

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, nothing, NULL);
        if (errno) die("pthread_create");
        pthread_join(thread, NULL);
    }
    report(count, begin);
    return 0;
}
