// SPDX-License-Identifier: Apache-2.0
//
// System V shared memory: shmget by key and private, attached in several places and processes, IPC_RMID,
// SHM_RDONLY, counts in shmctl, errors. shmget(2), shmop(2), shmctl(2).
#include "testing.h"

#include <sys/ipc.h>
#include <sys/shm.h>

int main(void) {
    watchdog(60);
    int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
    if (id == -1) SKIP("shmget: %s", strerror(errno));
    char *first = shmat(id, NULL, 0), *second = shmat(id, NULL, SHM_RDONLY);
    struct shmid_ds data;
    int stat_result = shmctl(id, IPC_STAT, &data);
    int remove_result = shmctl(id, IPC_RMID, NULL);  // at once: gone with the last attachment, whatever fails below
    EXPECT_EQ(remove_result, 0);
    EXPECT(first != (void*)-1 && second != (void*)-1 && first != second);
    EXPECT_EQ(stat_result, 0);
    EXPECT(data.shm_segsz == 10000 && data.shm_nattch == 2 && data.shm_cpid == getpid() &&
           (data.shm_perm.mode & 0777) == 0600);
    EXPECT_EQ(first[9999], 0);
    strcpy(first + 5000, "shared");
    EXPECT_STREQ(second + 5000, "shared");
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_STREQ(first + 5000, "shared");
        EXPECT_OK(shmctl(id, IPC_STAT, &data));
        EXPECT_EQ(data.shm_nattch, 4);
        strcpy(first, "child");
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_STREQ(second, "child");
    EXPECT_OK(shmctl(id, IPC_STAT, &data));
    EXPECT_EQ(data.shm_nattch, 2);
    EXPECT_OK(shmdt(first));
    EXPECT_ERRNO(shmdt(first), EINVAL);
    EXPECT_STREQ(second, "child");
    EXPECT_OK(shmdt(second));
    EXPECT_ERRNO(shmctl(id, IPC_STAT, &data), EINVAL);
    EXPECT_ERRNO(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL);
    EXPECT_ERRNO(shmget((key_t)(0x7000000 + getpid()), 4096, 0), ENOENT);
    return 0;
}
