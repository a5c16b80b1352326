// SPDX-License-Identifier: Apache-2.0
//
// personality(ADDR_NO_RANDOMIZE) survives execve and makes two runs have equal addresses (program, library,
// stack, heap, mmap); without it they differ. personality(2).
#include "testing.h"

#include <sys/personality.h>

struct Addresses {
    void *code, *library, *stack, *heap, *map;
};

static int report(void) {
    struct Addresses addresses = {(void*)report, (void*)(uintptr_t)&printf, &addresses, sbrk(0),
                                  mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
    EXPECT_EQ(write(1, &addresses, sizeof addresses), sizeof addresses);
    return 0;
}

static struct Addresses run(const char* self, unsigned long flags) {
    int fds[2];
    EXPECT_OK(pipe2(fds, O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(personality(flags));
        EXPECT_OK(dup2(fds[1], 1));
        execle(self, self, "report", NULL, (char*[]){NULL});
        _exit(99);
    }
    struct Addresses addresses;
    EXPECT_EQ(read(fds[0], &addresses, sizeof addresses), sizeof addresses);
    EXPECT_EXIT(child, 0);
    EXPECT_OK(close(fds[0]) + close(fds[1]));
    return addresses;
}

int main(int argc, char** argv) {
    if (argc == 2) return report();
    watchdog(60);
    unsigned long flags = (unsigned long)EXPECT_OK(personality(0xffffffff));
    struct Addresses first = run(argv[0], flags | ADDR_NO_RANDOMIZE), second = run(argv[0], flags | ADDR_NO_RANDOMIZE);
    EXPECT_EQ(memcmp(&first, &second, sizeof first), 0);
    char setting[8] = "0";
    if (access("/proc/sys/kernel/randomize_va_space", R_OK) == 0)
        read_file("/proc/sys/kernel/randomize_va_space", setting, sizeof setting);
    if (setting[0] != '2') return 0;
    flags &= ~(unsigned long)ADDR_NO_RANDOMIZE;
    first = run(argv[0], flags), second = run(argv[0], flags);
    EXPECT(first.code != second.code && first.library != second.library && first.stack != second.stack);
    EXPECT(first.heap != second.heap && first.map != second.map);
    return 0;
}
