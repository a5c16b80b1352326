// SPDX-License-Identifier: Apache-2.0
//
// clone with CLONE_VM, CLONE_VFORK and CLONE_PIDFD: the child shares the memory that the descriptor is written to and
// finds it there; at a bad address there is no child. clone(2).
#include "testing.h"

#include <linux/sched.h>

static int pidfd = -77;
static volatile int seen = -88;

static int child_main(void*) {
    seen = pidfd;
    return 5;
}

int main(void) {
    watchdog(60);
    static char stack[64 << 10] __attribute__((aligned(16)));
    const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    pid_t child = EXPECT_OK(clone(child_main, stack + sizeof stack, flags, NULL, &pidfd));
    EXPECT(pidfd >= 0);
    EXPECT_EQ(seen, pidfd);
    EXPECT_EXIT(child, 5);

    seen = -88;
    EXPECT_ERRNO(clone(child_main, stack + sizeof stack, flags, NULL, (int*)8), EFAULT);
    EXPECT_EQ(seen, -88);
    EXPECT_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
