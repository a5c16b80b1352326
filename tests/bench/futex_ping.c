/* Measures a round trip between two threads that sleep and wake each other with raw futexes: blocking calls and wake-ups. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static _Atomic uint32_t turn;
static long count;

static void wait_while(uint32_t value) {
    while (atomic_load(&turn) == value) syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void pass_to(uint32_t value) {
    atomic_store(&turn, value);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void* other(void* argument) {
    for (long i = 0; i < count; ++i) {
        wait_while(0);
        pass_to(0);
    }
    return argument;
}

int main(int argc, char** argv) {
    count = operations_from(argc, argv);
    pthread_t thread;
    errno = pthread_create(&thread, NULL, other, NULL);
    if (errno) die("pthread_create");
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        pass_to(1);
        wait_while(1);
    }
    report(count, begin);
    pthread_join(thread, NULL);
    return 0;
}
