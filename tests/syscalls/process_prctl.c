// SPDX-License-Identifier: Apache-2.0
//
// prctl's options about a thread: its name (cut at 15 bytes), death signal, timer slack, subreaper, dumpable, THP,
// names of mappings; out-of-range values and unknown options are EINVAL. prctl(2).
#include "testing.h"

#include <sys/prctl.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static void* other_thread(void*) {
    char name[16];
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "a-name-that-is-");  // inherited by the new thread
    EXPECT_OK(prctl(PR_SET_NAME, "other"));
    EXPECT_EQ(prctl(PR_GET_TIMERSLACK), 77000);
    EXPECT_OK(prctl(PR_SET_TIMERSLACK, 88000L));
    return NULL;
}

int main(void) {
    watchdog(60);
    char name[16], text[64];
    EXPECT_OK(prctl(PR_SET_NAME, "a-name-that-is-too-long"));
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "a-name-that-is-");
    read_file("/proc/self/comm", text, sizeof text);
    EXPECT_STREQ(text, "a-name-that-is-\n");
    EXPECT_ERRNO(prctl(PR_SET_NAME, 8L), EFAULT);

    EXPECT_OK(prctl(PR_SET_TIMERSLACK, 77000L));
    join_thread(start_thread(other_thread, NULL));
    EXPECT_EQ(prctl(PR_GET_TIMERSLACK), 77000);
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "a-name-that-is-");
    EXPECT_OK(prctl(PR_SET_TIMERSLACK, 0L));
    EXPECT(prctl(PR_GET_TIMERSLACK) != 77000);  // back to the default

    int signal_number = -1;
    EXPECT_OK(prctl(PR_SET_PDEATHSIG, (long)SIGUSR1));
    EXPECT_OK(prctl(PR_GET_PDEATHSIG, &signal_number));
    EXPECT_EQ(signal_number, SIGUSR1);
    EXPECT_ERRNO(prctl(PR_SET_PDEATHSIG, 99L), EINVAL);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(prctl(PR_GET_PDEATHSIG, &signal_number));
        EXPECT_EQ(signal_number, 0);  // not inherited
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_OK(prctl(PR_SET_PDEATHSIG, 0L));

    int is_reaper = -1;
    EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1L));
    EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &is_reaper));
    EXPECT_EQ(is_reaper, 1);
    EXPECT_ERRNO(prctl(PR_GET_CHILD_SUBREAPER, 8L), EFAULT);
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
    EXPECT_OK(prctl(PR_SET_DUMPABLE, 0L));
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 0);
    EXPECT_ERRNO(prctl(PR_SET_DUMPABLE, 2L), EINVAL);
    EXPECT_OK(prctl(PR_SET_DUMPABLE, 1L));
    EXPECT_OK(prctl(PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L));
    EXPECT_EQ(prctl(PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L), 1);
    EXPECT_OK(prctl(PR_SET_THP_DISABLE, 0L, 0L, 0L, 0L));
    EXPECT_ERRNO(prctl(PR_GET_THP_DISABLE, 1L, 0L, 0L, 0L), EINVAL);

    void* page = EXPECT_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (prctl(PR_SET_VMA, (long)PR_SET_VMA_ANON_NAME, page, 4096L, "named") == -1) EXPECT_EQ(errno, EINVAL);
    int mode = 0;
    EXPECT_OK(prctl(PR_GET_TSC, &mode));
    EXPECT_EQ(mode, PR_TSC_ENABLE);
    EXPECT_ERRNO(prctl(123456789), EINVAL);
    return 0;
}
