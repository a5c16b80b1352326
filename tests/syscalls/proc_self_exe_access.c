// SPDX-License-Identifier: Apache-2.0
//
// access(2) and its kin on /proc/self/exe ask about this program, whose bits may be others than those of what runs it.
#include "testing.h"

static long faccessat2_of(int directory, const char* path, int mode, int flags) {
    return syscall(439 /* faccessat2 */, directory, path, mode, flags);
}

// Runs from a copy of its own that may not be executed any more.
static int without_bits(const char* path) {
    EXPECT_OK(access("/proc/self/exe", X_OK));
    EXPECT_OK(chmod(path, 0600));
    char by_pid[64];
    snprintf(by_pid, sizeof by_pid, "/proc/%d/exe", getpid());
    EXPECT_ERRNO(access("/proc/self/exe", X_OK), EACCES);
    EXPECT_ERRNO(access(by_pid, X_OK), EACCES);
    EXPECT_OK(access("/proc/self/exe", R_OK | W_OK));
    const int directory = EXPECT_OK(open("/proc/self", O_PATH | O_DIRECTORY));
    EXPECT_ERRNO(syscall(SYS_faccessat, directory, "exe", X_OK), EACCES);
    EXPECT_ERRNO(faccessat2_of(directory, "exe", X_OK, AT_EACCESS), EACCES);
    EXPECT_OK(faccessat2_of(directory, "exe", F_OK, 0));
    EXPECT_ERRNO(faccessat2_of(directory, "exe", 8, 0), EINVAL);
    EXPECT_ERRNO(access("/proc/self/exe/", F_OK), ENOTDIR);
    return 0;
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 2) return without_bits(argv[1]);
    char* path = own_path(argv[0]);
    enter_temporary_directory();
    const int from = EXPECT_OK(open(path, O_RDONLY));
    const int to = EXPECT_OK(open("copy", O_WRONLY | O_CREAT | O_EXCL, 0700));
    char bytes[4096];
    ssize_t count;
    while ((count = EXPECT_OK(read(from, bytes, sizeof bytes))) > 0) EXPECT_EQ(write(to, bytes, (size_t)count), count);
    close(from);
    close(to);
    const pid_t child = fork_child();
    if (child == 0) {
        execl("./copy", "copy", "copy", NULL);
        _exit(99);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
