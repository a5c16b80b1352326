// SPDX-License-Identifier: Apache-2.0
//
// fork from one site, often enough that it is rewritten: parent and child go on with every vector register as it was. fork(2).
#include "testing.h"

#include "vector_state.h"

#include <sys/wait.h>

enum { kRounds = 30 };

int main(void) {
    if (!__builtin_cpu_supports("avx")) SKIP("no AVX");
    static struct VectorState in, out;
    for (int i = 0; i < kRounds; i++) {
        fill_pattern(&in, sizeof in, (uint32_t)i);
        memset(&out, 0, sizeof out);
        const pid_t self = getpid();
        const int is_wide = __builtin_cpu_supports("avx512bw");
        if (is_wide) {
            WITH_ZMM(&in, &out, "mov $57, %%eax\n\tsyscall\n\t", 0);
        } else {
            WITH_YMM(&in, &out, "mov $57, %%eax\n\tsyscall\n\t", 0);
        }
        for (int j = 0; j < (is_wide ? 32 : 16); j++) EXPECT(memcmp(in.zmm[j], out.zmm[j], is_wide ? 64 : 32) == 0);
        for (int j = 1; is_wide && j < 8; j++) EXPECT_EQ(in.mask[j], out.mask[j]);
        if (getpid() != self) _exit(7);
        int status;
        EXPECT(waitpid(-1, &status, 0) > 0);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
    return 0;
}
