/* Measures the cheapest system call: what interception costs by itself. */
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) syscall(SYS_getppid);
    report(count, begin);
    return 0;
}
