// SPDX-License-Identifier: Apache-2.0
//
// Code whose calls were made often, and whose pages then go: thrown away one by one, with the file they are of, or with no
// memory left to change them. What is there afterwards is what the file has, and calls from it work. madvise(2), truncate(2),
// setrlimit(2).
#include "testing.h"

#include <elf.h>
#include <sys/resource.h>

// Two pages of code: read(2), with the padding behind it on the next page; and a call in the first page.
__asm__(
    ".text\n.p2align 12\n.globl pages, ask, read_site, padding, pages_end\n"
    "pages:\n"
    "ask: .cfi_startproc\n mov $39, %eax\n syscall\n ret\n .cfi_endproc\n"
    ".fill 4096 - (. - pages) - 5, 1, 0x90\n"
    "read_site: .cfi_startproc\n xor %eax, %eax\n syscall\n ret\n"
    "padding: .byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0\n ud2\n .cfi_endproc\n"
    ".p2align 12\npages_end:\n");
extern const char pages[], ask[], read_site[], padding[], pages_end[];
extern const char __ehdr_start[];

static const unsigned char kAsk[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
static const unsigned char kPadding[] = {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x0f, 0x0b};
enum { kPages = 8192 };

static int zero;

static void use_read(const char* site) {
    for (int i = 0; i < 40; i++) {
        char byte = 1;
        EXPECT_EQ(((long (*)(int, void*, size_t))site)(zero, &byte, 1), 1);
        EXPECT_EQ(byte, 0);
    }
}

static void use_ask(const char* site, long expected) {
    for (int i = 0; i < 40; i++) EXPECT_EQ(((long (*)(void))site)(), expected);
}

// Another mapping of this program's file (a copy of it, `fd`), in which its code lies as far from its header as here.
static char* map_copy(int fd) {
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)__ehdr_start;
    const Elf64_Phdr* segments = (const Elf64_Phdr*)(__ehdr_start + header->e_phoff);
    char* base = EXPECT_OK(mmap(NULL, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr* s = &segments[i];
        if (s->p_type != PT_LOAD || (s->p_flags & PF_W) != 0) continue;
        const size_t offset = s->p_offset & 4095;
        EXPECT_OK(mmap(base + s->p_vaddr - offset, s->p_filesz + offset,
                       PROT_READ | ((s->p_flags & PF_X) != 0 ? PROT_EXEC : 0), MAP_PRIVATE | MAP_FIXED, fd,
                       (off_t)(s->p_offset - offset)));
    }
    return base;
}

static size_t copy_size;
static char* content;

static int copy_of_own_file(void) {
    const int from = EXPECT_OK(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    struct stat status;
    EXPECT_OK(fstat(from, &status));
    copy_size = (size_t)status.st_size;
    content = malloc(copy_size);
    EXPECT_EQ(read(from, content, copy_size), copy_size);
    EXPECT_OK(close(from));
    const int fd = EXPECT_OK(open("copy", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
    EXPECT_EQ(write(fd, content, copy_size), copy_size);
    return fd;
}

// Where in the file the code of `label` is.
static off_t offset_of(const char* label) {
    for (size_t i = 0; i + kPages <= copy_size; i++)
        if (memcmp(content + i, pages, sizeof kAsk) == 0 && memcmp(content + i + (padding - pages), kPadding, 12) == 0)
            return (off_t)i + (label - pages);
    EXPECT(!"own code is in own file");
    return 0;
}

static void thrown_away(void) {
    use_read(read_site);
    EXPECT_OK(madvise((void*)padding, 4096, MADV_DONTNEED));
    use_read(read_site);
    EXPECT(memcmp(padding, kPadding, sizeof kPadding) == 0);
}

static void truncated(void) {
    const int fd = copy_of_own_file();
    char* copy = map_copy(fd) + (pages - __ehdr_start);
    use_ask(copy + (ask - pages), getpid());
    use_read(copy + (read_site - pages));
    EXPECT_OK(ftruncate(fd, 0));
    EXPECT_OK(munmap(copy, kPages));
    EXPECT_OK(close(fd));
}

static void truncated_and_written_anew(void) {
    const int fd = copy_of_own_file();
    const off_t at = offset_of(ask);
    char* copy = map_copy(fd) + (pages - __ehdr_start);
    use_ask(copy + (ask - pages), getpid());
    EXPECT_OK(ftruncate(fd, 0));
    content[at + 1] = SYS_getppid;
    EXPECT_EQ(pwrite(fd, content, copy_size, 0), copy_size);
    use_ask(copy + (ask - pages), getppid());
    EXPECT_OK(mprotect(copy, kPages, PROT_READ));
    EXPECT_EQ(copy[1], SYS_getppid);
    EXPECT_OK(mprotect(copy, kPages, PROT_READ | PROT_EXEC));
    use_ask(copy + (ask - pages), getppid());
    EXPECT_OK(close(fd));
}

// No more private writable memory: the code cannot be made writable, not even for a moment.
static void without_memory(void) {
    const int fd = copy_of_own_file();
    char* copy = map_copy(fd) + (pages - __ehdr_start);
    use_ask(copy + (ask - pages), getpid());
    const struct rlimit none = {0, 0};
    EXPECT_OK(setrlimit(RLIMIT_DATA, &none));
    EXPECT_OK(mprotect(copy, kPages, PROT_READ));
    EXPECT_OK(mprotect(copy, kPages, PROT_READ | PROT_EXEC));
    use_ask(copy + (ask - pages), getpid());
    EXPECT_OK(munmap(copy, kPages));
    _exit(0);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    zero = EXPECT_OK(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    for (int round = 0; round < 3; round++) thrown_away();
    truncated();
    truncated_and_written_anew();
    const pid_t child = fork_child();
    if (child == 0) without_memory();
    EXPECT_EXIT(child, 0);
    return 0;
}
