// SPDX-License-Identifier: Apache-2.0
//
// process_vm_readv and process_vm_writev copy from and to oneself and a child, partially up to a bad page,
// EFAULT when the first is bad, ESRCH without the process. The child's part is skipped where tracing is forbidden.
// process_vm_readv(2).
#include "testing.h"

#include <sys/uio.h>

int main(void) {
    watchdog(60);
    char* area = EXPECT_OK(mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_OK(munmap(area + 4096, 4096));
    memset(area, 'p', 4096);
    char buffer[100] = {0};
    struct iovec local = {buffer, sizeof buffer}, remote = {area, sizeof buffer};
    EXPECT_ERRNO(process_vm_readv(INT_MAX, &local, 1, &remote, 1, 0), ESRCH);
    EXPECT_ERRNO(process_vm_writev(-1, &local, 1, &remote, 1, 0), ESRCH);
    ssize_t own = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    if (own == -1 && errno == ENOSYS) SKIP("no process_vm_readv");
    EXPECT_EQ(own, sizeof buffer);
    EXPECT_EQ(buffer[0], 'p');
    remote.iov_base = area + 4096 - 10;
    EXPECT_EQ(process_vm_readv(own_tid(), &local, 1, &remote, 1, 0), 10);
    remote.iov_base = area + 4096;
    EXPECT_ERRNO(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), EFAULT);
    remote.iov_base = area;
    pid_t child = fork_child();
    if (child == 0) {
        memset(area, 'c', 4096);
        EXPECT_OK(raise(SIGSTOP));
        _exit(area[0] == 'w' ? 0 : 1);
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    ssize_t copied = process_vm_readv(child, &local, 1, &remote, 1, 0);
    int error = errno;
    if (copied == -1 && error == EPERM) {
        EXPECT_OK(kill(child, SIGKILL));
        SKIP("process_vm_readv: %s", strerror(error));
    }
    EXPECT_EQ(copied, sizeof buffer);
    EXPECT(buffer[0] == 'c' && buffer[99] == 'c' && area[0] == 'p');
    buffer[0] = 'w';
    EXPECT_EQ(process_vm_writev(child, &(struct iovec){buffer, 1}, 1, &remote, 1, 0), 1);
    remote.iov_base = area + 4096 - 10;
    EXPECT_EQ(process_vm_readv(child, &local, 1, &remote, 1, 0), 10);
    remote.iov_base = area + 4096;
    EXPECT_ERRNO(process_vm_readv(child, &local, 1, &remote, 1, 0), EFAULT);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EXIT(child, 0);
    EXPECT_ERRNO(process_vm_readv(child, &local, 1, &remote, 1, 0), ESRCH);
    return 0;
}
