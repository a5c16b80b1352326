// SPDX-License-Identifier: Apache-2.0
//
// process_madvise on this process drops nothing where /proc/self/maps shows nothing: there is nothing to drop.
// process_madvise(2); before Linux 6.13 MADV_DONTNEED is not allowed at all (EINVAL).
#include "testing.h"

#include <sys/uio.h>

enum { kMostGaps = 256 };

int main(void) {
    watchdog(60);
    int pidfd = EXPECT_OK(syscall(SYS_pidfd_open, getpid(), 0));
    static struct iovec gaps[kMostGaps];
    int count = 0;
    uintptr_t last = 0x10000, begin, end;
    char line[512];
    FILE* maps = fopen("/proc/self/maps", "r");
    EXPECT(maps != NULL);
    while (count < kMostGaps && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx", &begin, &end) != 2 || end > 0x7fffffffffff) continue;
        if (begin > last) gaps[count++] = (struct iovec){(void*)last, begin - last};
        last = end;
    }
    fclose(maps);
    EXPECT(count > 0);
    for (int i = 0; i < count; i++) {
        if (syscall(SYS_process_madvise, pidfd, &gaps[i], 1, MADV_DONTNEED, 0) == -1)
            EXPECT(errno == ENOMEM || errno == EINVAL);
    }
    return 0;
}
