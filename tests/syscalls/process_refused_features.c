// SPDX-License-Identifier: Apache-2.0
//
// Features that a kernel or a container may refuse: whoever asks gets the feature, or an errno that programs are known to
// fall back on; never a success that is none. Each is put to use where it is granted.
#include "testing.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

// True: granted. The errnos are those that stand for "not here".
static bool granted(long result) {
    if (result >= 0) return true;
    static const int kRefusals[] = {ENOSYS, EPERM, EACCES, EOPNOTSUPP, EINVAL, EPROTONOSUPPORT, ENOSPC, EAFNOSUPPORT};
    for (size_t i = 0; i < sizeof kRefusals / sizeof *kRefusals; i++)
        if (errno == kRefusals[i]) return false;
    test_failed(__FILE_NAME__, __LINE__, "refused with errno %d (%s)", errno, strerror(errno));
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    // Native asynchronous I/O.
    unsigned long context = 0;
    if (granted(syscall(SYS_io_setup, 8, &context))) {
        struct {
            uint64_t data;
            uint32_t key, flags;
            uint16_t opcode;
            int16_t priority;
            uint32_t fd;
            uint64_t buffer, bytes;
            int64_t offset;
            uint64_t reserved;
            uint32_t more_flags, event_fd;
        } request = {.opcode = 1 /* IOCB_CMD_PWRITE */, .buffer = (uintptr_t) "data", .bytes = 4},
          *list[1] = {&request};
        struct {
            uint64_t data, object;
            int64_t result, result2;
        } event = {0};
        request.fd = (uint32_t)EXPECT_OK(open("file", O_RDWR | O_CREAT, 0600));
        EXPECT_EQ(syscall(SYS_io_submit, context, 1, list), 1);
        EXPECT_EQ(syscall(SYS_io_getevents, context, 1, 1, &event, NULL), 1);
        EXPECT_EQ(event.result, 4);
        EXPECT_OK(syscall(SYS_io_destroy, context));
    } else {
        EXPECT_ERRNO(syscall(SYS_io_submit, 0L, 0L, NULL), ENOSYS);
    }
    char parameters[120] = {0};
    long ring = syscall(425 /* io_uring_setup */, 4, parameters);
    if (granted(ring)) EXPECT_OK(close((int)ring));

    long fd = syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* user mode only */);
    if (granted(fd)) EXPECT_OK(close((int)fd));
    struct {
        uint32_t type, size;
        uint64_t rest[14];
    } event = {.type = 1, .size = sizeof event};
    fd = syscall(SYS_perf_event_open, &event, 0, -1, -1, 0L);
    if (fd >= 0) EXPECT_OK(close((int)fd));
    granted(syscall(SYS_bpf, 9999, parameters, sizeof parameters));
    granted(syscall(SYS_pkey_alloc, 0L, 0L));
    granted(syscall(SYS_name_to_handle_at, AT_FDCWD, ".", parameters, parameters + 64, 0x10000) == -1 &&
                    errno == EOVERFLOW
                ? 0
                : -1);

    // Confinement that is claimed must be there.
    pid_t child = fork_child();
    if (child == 0) {
        if (granted(prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_STRICT))) {
            syscall(SYS_getpid);  // kills
            syscall(SYS_exit, 1L);
        }
        _exit(0);
    }
    int status = wait_child(child);
    EXPECT(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    child = fork_child();
    if (child == 0) {
        if (granted(ptrace(PTRACE_TRACEME, 0, NULL, NULL))) raise(SIGUSR1);
        _exit(0);
    }
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    if (WIFSTOPPED(status)) {
        EXPECT_OK(kill(child, SIGKILL));
        EXPECT_KILLED(child, SIGKILL);
    }
    // New namespaces: where they are granted, they are.
    child = fork_child();
    if (child == 0) {
        struct stat before, after;
        EXPECT_OK(stat("/proc/self/ns/uts", &before));
        if (granted(unshare(CLONE_NEWUTS))) {
            EXPECT_OK(stat("/proc/self/ns/uts", &after));
            EXPECT(before.st_ino != after.st_ino);
        }
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    return 0;
}
