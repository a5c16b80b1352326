/* Measures a read of one byte: a system call with a descriptor to look up and a buffer to fill. */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    int fd = open("/dev/zero", O_RDONLY);
    if (fd < 0) die("/dev/zero");
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        char byte;
        if (read(fd, &byte, 1) != 1) die("read");
    }
    report(count, begin);
    return 0;
}
