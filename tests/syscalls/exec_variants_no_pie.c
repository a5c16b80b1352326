// SPDX-License-Identifier: Apache-2.0
//
// A dynamic program at its fixed addresses: code, data and heap are where the ELF file says, brk starts after
// .bss, signals, threads, fork and execve work. elf(5).
#include "testing.h"

#include <elf.h>
#include <sys/auxv.h>

extern char __executable_start[], end[];
static int zeroed[5000], initialised = 7;
static __thread int mine = 3;

static void* body(void*) { return (void*)(size_t)mine; }

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return 46;
    EXPECT_EQ((unsigned long)__executable_start, 0x400000);
    EXPECT(memcmp(__executable_start, ELFMAG, SELFMAG) == 0);
    EXPECT_EQ(((Elf64_Ehdr*)__executable_start)->e_type, ET_EXEC);
    EXPECT_EQ(getauxval(AT_PHDR), 0x400000 + sizeof(Elf64_Ehdr));
    for (int i = 0; i < 5000; i++) EXPECT_EQ(zeroed[i], 0);
    EXPECT_EQ(initialised, 7);
    for (char* byte = end; (uintptr_t)byte % 4096 != 0; byte++) EXPECT_EQ(*byte, 0);  // the rest of .bss's page
    EXPECT((char*)sbrk(0) >= end);
    count_signals(SIGUSR1, 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(load(signal_count), 1);
    EXPECT_EQ((size_t)join_thread(start_thread(body, NULL)), 3);
    pid_t child = fork_child();
    if (child == 0) {
        execl(argv[0], argv[0], "again", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 46);
    return 0;
}
