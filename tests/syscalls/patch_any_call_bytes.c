// SPDX-License-Identifier: Apache-2.0
//
// Sites that make any call and were used often have the bytes of their file again before the program makes them writable, moves
// them, throws them away, or reads them without being able to execute them, and go on to work. mprotect(2), mremap(2), madvise(2).
#include "testing.h"

// A function in a page of its own. call(number)
#define PAGE_OF_CODE(name, before)                                                    \
    __asm__(".text\n.p2align 12\n" #name ": .cfi_startproc\n mov %rdi, %rax\n" before \
            "\n syscall\n ret\n"                                                      \
            " .fill 10, 1, 0xcc\n .cfi_endproc\n.p2align 12\n");                      \
    long name(long number)
#define PAGES_OF_CODE(name)                        \
    PAGE_OF_CODE(name##_near, "mov 8(%rsp), %r9"); \
    PAGE_OF_CODE(name##_short, "mov %rdi, %r9")
PAGES_OF_CODE(made_writable);
PAGES_OF_CODE(made_unreadable);
PAGES_OF_CODE(moved);
PAGES_OF_CODE(dropped);
PAGES_OF_CODE(stays);

typedef long Site(long number);
static const unsigned char kNear[] = {0x48, 0x89, 0xf8, 0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0xc3};
static const unsigned char kShort[] = {0x48, 0x89, 0xf8, 0x49, 0x89, 0xf9, 0x0f, 0x05, 0xc3};

static void use(Site* site) {
    for (int i = 0; i < 40; i++) {
        EXPECT_EQ(site(SYS_getpid), getpid());
        EXPECT_EQ(site(SYS_getppid), getppid());
    }
}

static void expect_original(const void* code, bool is_short) {
    EXPECT(is_short ? memcmp(code, kShort, sizeof kShort) == 0 : memcmp(code, kNear, sizeof kNear) == 0);
}

static void all_ways(bool is_short, Site* writable, Site* unreadable, Site* moves, Site* drops, Site* remains) {
    Site* const all[] = {writable, unreadable, moves, drops, remains};
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5; i++) use(all[i]);

    EXPECT_OK(mprotect((void*)writable, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    expect_original((void*)writable, is_short);
    use(writable);
    EXPECT_OK(mprotect((void*)writable, 4096, PROT_READ | PROT_EXEC));
    use(writable);

    EXPECT_OK(mprotect((void*)unreadable, 4096, PROT_NONE));
    EXPECT_OK(mprotect((void*)unreadable, 4096, PROT_READ));
    expect_original((void*)unreadable, is_short);
    EXPECT_OK(mprotect((void*)unreadable, 4096, PROT_READ | PROT_EXEC));
    use(unreadable);

    char* target = EXPECT_OK(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(mremap((void*)moves, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target), target);
    expect_original(target, is_short);
    use((Site*)target);

    EXPECT_OK(madvise((void*)drops, 4096, MADV_DONTNEED));
    expect_original((void*)drops, is_short);
    use(drops);

    pid_t child = fork_child();
    if (child == 0) {
        use(remains);
        EXPECT_OK(mprotect((void*)remains, 4096, PROT_READ | PROT_WRITE));
        expect_original((void*)remains, is_short);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    use(remains);
}

int main(void) {
    watchdog(60);
    all_ways(false, made_writable_near, made_unreadable_near, moved_near, dropped_near, stays_near);
    all_ways(true, made_writable_short, made_unreadable_short, moved_short, dropped_short, stays_short);
    return 0;
}
