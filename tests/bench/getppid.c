/* Measures the cheapest system call: what interception costs by itself. With "dispatch" as second argument it switches on Syscall
 * User Dispatch with every address allowed, and nothing else: what the kernel alone takes for it, and no runtime can give back. */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON           1
#endif

static char selector; /* SYSCALL_DISPATCH_FILTER_ALLOW */

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    if (argc > 2 && strcmp(argv[2], "dispatch") == 0 &&
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 4096ul, 0x7ffffffff000ul - 8192ul, &selector) != 0)
        die("prctl(PR_SET_SYSCALL_USER_DISPATCH)");
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) syscall(SYS_getppid);
    report(count, begin);
    return 0;
}
