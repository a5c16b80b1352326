// SPDX-License-Identifier: Apache-2.0
//
// The auxiliary vector describes this program: AT_PHDR, AT_ENTRY, AT_BASE, AT_PAGESZ, AT_EXECFN, AT_RANDOM,
// ids, AT_SECURE, AT_PLATFORM; it equals /proc/self/auxv and the vector above the environment. getauxval(3).
#include "testing.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

extern char** environ;
extern char _start[], __ehdr_start[];

static int check(const char* expected_name) {
    EXPECT_EQ(getauxval(AT_PAGESZ), sysconf(_SC_PAGESIZE));
    EXPECT_EQ(getauxval(AT_ENTRY), (unsigned long)_start);
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)__ehdr_start;
    EXPECT_EQ(getauxval(AT_PHDR), (unsigned long)__ehdr_start + header->e_phoff);
    EXPECT_EQ(getauxval(AT_PHNUM), header->e_phnum);
    EXPECT_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
    EXPECT_EQ(getauxval(AT_BASE), (unsigned long)_r_debug.r_ldbase);  // the dynamic linker's base
    EXPECT(getauxval(AT_BASE) != 0 && memcmp((void*)getauxval(AT_BASE), ELFMAG, 4) == 0);
    EXPECT_EQ(getauxval(AT_UID), getuid());
    EXPECT_EQ(getauxval(AT_EUID), geteuid());
    EXPECT_EQ(getauxval(AT_GID), getgid());
    EXPECT_EQ(getauxval(AT_EGID), getegid());
    EXPECT_EQ(getauxval(AT_SECURE), 0);
    EXPECT_EQ(getauxval(AT_FLAGS), 0);
    EXPECT_STREQ((char*)getauxval(AT_EXECFN), expected_name);
    EXPECT_STREQ((char*)getauxval(AT_PLATFORM), "x86_64");
    EXPECT_EQ(getauxval(AT_CLKTCK), sysconf(_SC_CLK_TCK));
    unsigned char *random = (unsigned char*)getauxval(AT_RANDOM), any = 0;
    EXPECT(random != NULL);
    for (int i = 0; i < 16; i++) any |= random[i];
    EXPECT(any != 0);

    char** end = environ;
    while (*end != NULL) end++;
    Elf64_auxv_t *vector = (Elf64_auxv_t*)(end + 1), listed[64];
    int fd = EXPECT_OK(open("/proc/self/auxv", O_RDONLY));
    ssize_t size = EXPECT_OK(read(fd, listed, sizeof listed));
    EXPECT(size >= 15 * (ssize_t)sizeof listed[0] && size % (ssize_t)sizeof listed[0] == 0);
    for (int i = 0;; i++) {
        EXPECT((i + 1) * (ssize_t)sizeof listed[0] <= size);
        EXPECT_EQ(listed[i].a_type, vector[i].a_type);
        EXPECT_EQ(listed[i].a_un.a_val, vector[i].a_un.a_val);
        if (vector[i].a_type == AT_NULL) break;
    }
    return 39;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return check(argv[1]);
    check(argv[0]);
    char* self = own_path(argv[0]);
    enter_temporary_directory();
    EXPECT_OK(symlink(self, "link"));
    pid_t child = fork_child();
    if (child == 0) {
        execl("./link", "another-name", "./link", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 39);
    return 0;
}
