/* Measures a call that the shim answers: rt_sigprocmask, which changes no more than the program's own mask. */
#include <signal.h>

#include "bench.h"

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        if (sigprocmask(i % 2 == 0 ? SIG_BLOCK : SIG_UNBLOCK, &set, &before) != 0) die("sigprocmask");
    }
    report(count, begin);
    return 0;
}
