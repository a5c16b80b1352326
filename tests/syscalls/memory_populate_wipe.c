// SPDX-License-Identifier: Apache-2.0
//
// Advice with a promise: MADV_DONTFORK and MADV_WIPEONFORK in a child, MADV_POPULATE_READ and _WRITE, MADV_COLD and
// MADV_PAGEOUT keep content, MADV_FREE and MADV_DONTNEED give zeros or the old, MADV_REMOVE punches a shared file; what
// does not fit is EINVAL. madvise(2).
#include "testing.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLD
#define MADV_COLD    20
#define MADV_PAGEOUT 21
#endif

enum { kSize = 4 * 4096 };

static char* fresh(int flags) {
    return EXPECT_OK((char*)mmap(NULL, kSize, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
}

int main(void) {
    watchdog(60);
    char *gone = fresh(MAP_PRIVATE), *wiped = fresh(MAP_PRIVATE), *kept = fresh(MAP_PRIVATE);
    memset(gone, 'g', kSize);
    memset(wiped, 'w', kSize);
    memset(kept, 'k', kSize);
    EXPECT_OK(madvise(gone, kSize, MADV_DONTFORK));
    EXPECT_OK(madvise(wiped, kSize, MADV_WIPEONFORK));
    pid_t child = fork_child();
    if (child == 0) {
        unsigned char resident[4];
        EXPECT_ERRNO(mincore(gone, kSize, resident), ENOMEM);
        EXPECT(wiped[0] == 0 && wiped[kSize - 1] == 0 && kept[0] == 'k');
        // The hole is the child's own to use.
        EXPECT_OK(mmap(gone, kSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
        wiped[0] = 'x';
        pid_t grandchild = fork_child();
        if (grandchild == 0) _exit(wiped[0]);  // the advice is inherited
        EXPECT_EXIT(grandchild, 0);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT(gone[5] == 'g' && wiped[5] == 'w');
    EXPECT_OK(madvise(gone, kSize, MADV_DOFORK));
    EXPECT_OK(madvise(wiped, kSize, MADV_KEEPONFORK));
    child = fork_child();
    if (child == 0) _exit(gone[0] == 'g' && wiped[0] == 'w' ? 0 : 1);
    EXPECT_EXIT(child, 0);

    unsigned char resident[4];
    char* fresh_pages = fresh(MAP_PRIVATE);
    if (madvise(fresh_pages, kSize, MADV_POPULATE_WRITE) == 0) {
        EXPECT_OK(mincore(fresh_pages, kSize, resident));
        EXPECT(resident[0] & resident[3] & 1);
        EXPECT_OK(mprotect(fresh_pages, kSize, PROT_NONE));
        EXPECT_EQ(madvise(fresh_pages, kSize, MADV_POPULATE_READ), -1);
    }
    if (madvise(kept, kSize, MADV_COLD) == 0) EXPECT_OK(madvise(kept, kSize, MADV_PAGEOUT));
    EXPECT(kept[0] == 'k' && kept[kSize - 1] == 'k');
    EXPECT_OK(madvise(kept, 4096, MADV_FREE));
    EXPECT(kept[0] == 'k' || kept[0] == 0);
    kept[1] = 'n';
    EXPECT_EQ(kept[1], 'n');
    EXPECT_OK(madvise(kept + 4096, 4096, MADV_DONTNEED));
    EXPECT_EQ(kept[4096], 0);
    EXPECT_EQ(kept[8192], 'k');

    char* shared = fresh(MAP_SHARED);
    memset(shared, 's', kSize);
    EXPECT_ERRNO(madvise(shared, kSize, MADV_FREE), EINVAL);
    EXPECT_ERRNO(madvise(shared, kSize, MADV_WIPEONFORK), EINVAL);
    EXPECT_OK(madvise(shared, 4096, MADV_DONTNEED));
    EXPECT_EQ(shared[0], 's');  // it is still there
    EXPECT_OK(madvise(shared, 4096, MADV_REMOVE));
    EXPECT(shared[0] == 0 && shared[4096] == 's');
    EXPECT_ERRNO(madvise(kept, kSize, MADV_REMOVE), EINVAL);
    EXPECT_ERRNO(madvise(kept + 1, kSize, MADV_NORMAL), EINVAL);
    EXPECT_ERRNO(madvise(kept, kSize, 999), EINVAL);
    EXPECT_OK(munmap(kept + 4096, 4096));
    EXPECT_ERRNO(madvise(kept, kSize, MADV_DONTNEED), ENOMEM);
    EXPECT_EQ(kept[3 * 4096], 0);  // done for what is there, all the same
    return 0;
}
