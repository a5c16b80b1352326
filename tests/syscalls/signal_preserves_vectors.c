// SPDX-License-Identifier: Apache-2.0
//
// Interrupted code keeps its xmm, ymm, zmm and mask registers while handlers overwrite them all: at a trap
// (int3), in a system call that signals its own thread, and anywhere in a loop. System V ABI, sigaction(2).
#include "testing.h"

#include "vector_state.h"

static struct VectorState in, out, garbage, ignored;
static volatile int signalled;

static void overwrite(int) {
    if (__builtin_cpu_supports("avx512bw"))
        WITH_ZMM(&garbage, &ignored, "", 0);
    else if (__builtin_cpu_supports("avx2"))
        WITH_YMM(&garbage, &ignored, "", 0);
    WITH_XMM(&garbage, &ignored, "", 0);
    store(&signalled, 1);
}

static volatile pid_t main_tid;

static void* signal_main(void*) {
    EXPECT_OK(syscall(SYS_tgkill, getpid(), main_tid, SIGUSR1));
    return NULL;
}

// For one register width (the bytes of a row that count): load, be interrupted in each of three ways, store.
#define CHECK_WIDTH(WITH, width, registers)                                                        \
    for (int round = 0; round < 50; round++) {                                                     \
        for (int way = 0; way < 3; way++) {                                                        \
            fill_pattern(&in, sizeof in, (uint32_t)(3 * round + way));                             \
            memset(&out, 0, sizeof out);                                                           \
            store(&signalled, 0);                                                                  \
            if (way == 0) WITH(&in, &out, MIDDLE_BREAKPOINT, 0);                                   \
            if (way == 1) WITH(&in, &out, MIDDLE_SIGNAL_SELF, own_tid());                          \
            if (way == 2) {                                                                        \
                pthread_t thread = start_thread(signal_main, NULL);                                \
                WITH(&in, &out, MIDDLE_SPIN_UNTIL_NONZERO, &signalled);                            \
                join_thread(thread);                                                               \
            }                                                                                      \
            EXPECT_EQ(load(&signalled), 1);                                                        \
            for (int i = 0; i < registers; i++) EXPECT(memcmp(in.zmm[i], out.zmm[i], width) == 0); \
            if (width == 64) EXPECT(memcmp(in.mask + 1, out.mask + 1, sizeof in.mask - 8) == 0);   \
        }                                                                                          \
    }

int main(void) {
    watchdog(60);
    main_tid = own_tid();
    handle_with(SIGTRAP, overwrite, 0);
    handle_with(SIGUSR1, overwrite, 0);
    fill_pattern(&garbage, sizeof garbage, 99);
    CHECK_WIDTH(WITH_XMM, 16, 16);
    if (__builtin_cpu_supports("avx2")) CHECK_WIDTH(WITH_YMM, 32, 16);
    if (__builtin_cpu_supports("avx512bw")) CHECK_WIDTH(WITH_ZMM, 64, 32);
    return 0;
}
