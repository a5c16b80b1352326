// SPDX-License-Identifier: Apache-2.0
//
// A program file that is open for writing cannot be executed (ETXTBSY); one that is executing can be read and unlinked, and
// goes on. That it cannot be opened for writing is not asserted: the shim's programs are not what the kernel executes
// (docs/architecture.md). execve(2), open(2).
#include "testing.h"

static void copy(const char* from, const char* to) {
    static char block[65536];
    int in = EXPECT_OK(open(from, O_RDONLY)), out = EXPECT_OK(open(to, O_WRONLY | O_CREAT, 0755));
    for (ssize_t count; (count = EXPECT_OK(read(in, block, sizeof block))) > 0;)
        EXPECT_EQ(write(out, block, count), count);
    EXPECT_OK(close(in));
    EXPECT_OK(close(out));
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) {  // as the copy: say "here", wait for input to end
        char byte;
        EXPECT_EQ(write(1, "!", 1), 1);
        EXPECT_EQ(read(0, &byte, 1), 0);
        return 30;
    }
    // Only AT_EXECVE_CHECK (Linux 6.14) tells the shim; without it a program is executed while it is written.
    if (syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0x10000) == -1 && errno == EINVAL)
        SKIP("this kernel has no AT_EXECVE_CHECK");
    char* self = own_path(argv[0]);
    enter_temporary_directory();
    copy(self, "copy");
    int writable = EXPECT_OK(open("copy", O_WRONLY | O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        execl("./copy", "copy", "run", NULL);
        _exit(errno == ETXTBSY ? 31 : 32);
    }
    EXPECT_EXIT(child, 31);
    EXPECT_OK(close(writable));

    int in[2], out[2];
    EXPECT_OK(pipe2(in, O_CLOEXEC));
    EXPECT_OK(pipe2(out, O_CLOEXEC));
    child = fork_child();
    if (child == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl("./copy", "copy", "run", NULL);
        _exit(99);
    }
    char byte;
    EXPECT_EQ(read(out[0], &byte, 1), 1);
    EXPECT_OK(close(EXPECT_OK(open("copy", O_RDONLY))));
    EXPECT_OK(unlink("copy"));
    EXPECT_OK(close(in[1]));
    EXPECT_EXIT(child, 30);
    return 0;
}
