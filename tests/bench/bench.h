/* What the small measured programs share: a clock, an argument, and the one line of output that tests/bench/run reads:
 *   OPERATIONS NANOSECONDS
 * the number of operations done and the time for all of them. */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void die(const char* what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* The number of operations, the first argument of every program. */
static inline long operations_from(int argc, char** argv) {
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (count <= 0) {
        fprintf(stderr, "usage: %s OPERATIONS ...\n", argv[0]);
        exit(2);
    }
    return count;
}

static inline void report(long operations, uint64_t begin) {
    printf("%ld %llu\n", operations, (unsigned long long)(now_ns() - begin));
}
