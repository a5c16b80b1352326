/* Measures fork, the child's exit and the parent's wait. */
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (child == 0) _exit(0);
        int status;
        if (waitpid(child, &status, 0) != child || status != 0) die("waitpid");
    }
    report(count, begin);
    return 0;
}
