// SPDX-License-Identifier: Apache-2.0
//
// Code whose calls were made often, and which is then made writable, moved, thrown away or mapped over, has the bytes of its
// file, and its calls still work. mprotect(2), mremap(2), madvise(2).
#include "testing.h"

#include <elf.h>
#include <link.h>

// One page of code each, so that each can be treated by itself.
#define PAGE_OF_CODE(name)                                                      \
    __asm__(".text\n.p2align 12\n" #name                                        \
            ": .cfi_startproc\n mov $39, %eax\n syscall\n ret\n .cfi_endproc\n" \
            ".p2align 12\n");                                                   \
    long name(void)
PAGE_OF_CODE(made_writable);
PAGE_OF_CODE(made_unreadable);
PAGE_OF_CODE(moved);
PAGE_OF_CODE(dropped);
PAGE_OF_CODE(replaced);
PAGE_OF_CODE(stays);

static const unsigned char kCode[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};

static void use(long (*site)(void)) {
    for (int i = 0; i < 40; i++) EXPECT_EQ(site(), getpid());
}

static void expect_original(const void* code) { EXPECT(memcmp(code, kCode, sizeof kCode) == 0); }

int main(void) {
    watchdog(60);
    long (*const all[])(void) = {made_writable, made_unreadable, moved, dropped, replaced, stays};
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 6; i++) use(all[i]);

    EXPECT_OK(mprotect((void*)made_writable, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    expect_original((void*)made_writable);
    ((unsigned char*)made_writable)[1] = SYS_getppid;
    for (int i = 0; i < 40; i++) EXPECT_EQ(made_writable(), getppid());
    EXPECT_OK(mprotect((void*)made_writable, 4096, PROT_READ | PROT_EXEC));
    for (int i = 0; i < 40; i++) EXPECT_EQ(made_writable(), getppid());

    EXPECT_OK(mprotect((void*)made_unreadable, 4096, PROT_NONE));
    EXPECT_OK(mprotect((void*)made_unreadable, 4096, PROT_READ));
    expect_original((void*)made_unreadable);
    EXPECT_OK(mprotect((void*)made_unreadable, 4096, PROT_READ | PROT_EXEC));
    use(made_unreadable);

    char* target = EXPECT_OK(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(mremap((void*)moved, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target), target);
    expect_original(target);
    use((long (*)(void))target);

    EXPECT_OK(madvise((void*)dropped, 4096, MADV_DONTNEED));
    expect_original((void*)dropped);
    use(dropped);

    EXPECT_EQ(
        mmap((void*)replaced, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
        (void*)replaced);
    memcpy((void*)replaced, kCode, sizeof kCode);
    use(replaced);

    // A child has its own copy.
    pid_t child = fork_child();
    if (child == 0) {
        use(stays);
        EXPECT_OK(mprotect((void*)stays, 4096, PROT_READ | PROT_WRITE));
        expect_original((void*)stays);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    use(stays);
    return 0;
}
