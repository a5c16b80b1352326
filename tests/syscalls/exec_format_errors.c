// SPDX-License-Identifier: Apache-2.0
//
// ENOEXEC: text without #!, an empty file, a truncated ELF header, another machine, an object file; a
// truncated program header table fails, too; execvp falls back to the shell for text. execve(2), elf(5).
#include "testing.h"

#include <elf.h>

static char* const arguments[] = {"x", NULL};
static char* const environment[] = {NULL};

static void make(const char* path, const void* data, size_t size) {
    int fd = EXPECT_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755));
    EXPECT_EQ(write(fd, data, size), size);
    EXPECT_OK(fchmod(fd, 0755));
    EXPECT_OK(close(fd));
}

int main(int, char** argv) {
    watchdog(60);
    char* self = own_path(argv[0]);
    int fd = EXPECT_OK(open(self, O_RDONLY));
    Elf64_Ehdr header, changed;
    EXPECT_EQ(read(fd, &header, sizeof header), sizeof header);
    enter_temporary_directory();

    make("text", "exit 29\n", 8);
    make("empty", "", 0);
    make("magic-only", &header, 4);
    make("half-header", &header, 32);
    changed = header, changed.e_machine = EM_AARCH64;
    make("other-machine", &changed, sizeof changed);
    changed = header, changed.e_type = ET_REL;
    make("object", &changed, sizeof changed);
    changed = header, changed.e_phentsize = 3;
    make("bad-entry-size", &changed, sizeof changed);
    changed = header, changed.e_phnum = 0;
    make("no-segments", &changed, sizeof changed);

    static const char* const names[] = {"text",          "empty",  "magic-only",     "half-header",
                                        "other-machine", "object", "bad-entry-size", "no-segments"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (execve(names[i], arguments, environment) != -1 || errno != ENOEXEC)
            test_failed(__FILE_NAME__, __LINE__, "%s: errno %d, not ENOEXEC", names[i], errno);
    }
    make("only-header", &header, sizeof header);  // its program headers lie beyond the end
    EXPECT_EQ(execve("only-header", arguments, environment), -1);
    EXPECT(errno == ENOEXEC || errno == EIO);

    pid_t child = fork_child();
    if (child == 0) {
        execvp("./text", arguments);
        _exit(99);
    }
    EXPECT_EXIT(child, 29);
    return 0;
}
