// SPDX-License-Identifier: Apache-2.0
//
// System V semaphores: several operations at once or none, IPC_NOWAIT and semtimedop, SEM_UNDO at exit, GETNCNT and
// GETZCNT count who waits, waiting for zero, EIDRM for who waits when the set goes, limits and permissions. semop(2).
#include "testing.h"

#include <sys/ipc.h>
#include <sys/sem.h>

static int set;

static int operate(unsigned short number, short operation, short flags) {
    struct sembuf one = {.sem_num = number, .sem_op = operation, .sem_flg = flags};
    return semop(set, &one, 1);
}

static int value(int number) { return EXPECT_OK(semctl(set, number, GETVAL)); }

int main(void) {
    watchdog(60);
    set = semget(IPC_PRIVATE, 3, 0600 | IPC_CREAT);
    if (set == -1 && errno == ENOSYS) SKIP("no System V IPC");
    EXPECT_OK(set);
    unsigned short values[3] = {1, 2, 0};
    EXPECT_OK(semctl(set, 0, SETALL, values));
    values[0] = values[1] = values[2] = 9;
    EXPECT_OK(semctl(set, 0, GETALL, values));
    EXPECT(values[0] == 1 && values[1] == 2 && values[2] == 0);
    struct sembuf both[2] = {{.sem_num = 0, .sem_op = -1}, {.sem_num = 2, .sem_op = -1, .sem_flg = IPC_NOWAIT}};
    EXPECT_ERRNO(semop(set, both, 2), EAGAIN);
    EXPECT_EQ(value(0), 1);  // nothing was done
    EXPECT_ERRNO(operate(0, 0, IPC_NOWAIT), EAGAIN);
    EXPECT_OK(operate(0, -1, 0));
    EXPECT_OK(operate(0, 0, 0));  // it is zero
    EXPECT_EQ(semctl(set, 0, GETPID), getpid());
    struct timespec brief = {.tv_nsec = 2000000};
    EXPECT_ERRNO(semtimedop(set, both, 1, &brief), EAGAIN);
    EXPECT_ERRNO(operate(3, 1, 0), EFBIG);
    EXPECT_OK(semctl(set, 0, SETVAL, 32767));
    EXPECT_ERRNO(operate(0, 1, 0), ERANGE);
    EXPECT_ERRNO(semctl(set, 0, SETVAL, 32768), ERANGE);
    EXPECT_OK(semctl(set, 0, SETVAL, 0));

    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(operate(1, -2, SEM_UNDO));
        EXPECT_OK(operate(2, 5, SEM_UNDO));
        EXPECT_EQ(value(1), 0);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(value(1), 2);
    EXPECT_EQ(value(2), 0);

    child = fork_child();
    if (child == 0) {
        EXPECT_OK(operate(0, -1, 0));  // waits
        EXPECT_ERRNO(operate(0, -1, 0), EIDRM);
        EXPECT_ERRNO(operate(0, 1, 0), EINVAL);
        _exit(0);
    }
    while (EXPECT_OK(semctl(set, 0, GETNCNT)) == 0) sched_yield();
    EXPECT_EQ(semctl(set, 1, GETZCNT), 0);
    EXPECT_OK(operate(0, 1, 0));
    while (value(0) != 0 || EXPECT_OK(semctl(set, 0, GETNCNT)) == 0) sched_yield();
    struct semid_ds status;
    EXPECT_OK(semctl(set, 0, IPC_STAT, &status));
    EXPECT(status.sem_nsems == 3 && (status.sem_perm.mode & 0777) == 0600);
    EXPECT_OK(semctl(set, 0, IPC_RMID));
    EXPECT_EXIT(child, 0);
    EXPECT_ERRNO(semctl(set, 0, GETVAL), EINVAL);
    EXPECT_ERRNO(semget(IPC_PRIVATE, -1, 0600), EINVAL);
    EXPECT_ERRNO(semctl(set, 0, 777), EINVAL);
    return 0;
}
