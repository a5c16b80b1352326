// SPDX-License-Identifier: Apache-2.0
//
// semop, semtimedop, msgrcv and msgsnd are never restarted, not even with SA_RESTART. signal(7), semop(2),
// msgop(2).
#include "testing.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

int main(void) {
    watchdog(60);
    count_signals(SIGUSR1, SA_RESTART);
    int semaphores = semget(IPC_PRIVATE, 1, 0600);
    if (semaphores == -1) SKIP("semget: %s", strerror(errno));
    int queue = msgget(IPC_PRIVATE, 0600);
    if (queue == -1) SKIP("msgget: %s", strerror(errno));
    struct sembuf down = {.sem_op = -1};
    struct timespec long_time = {.tv_sec = 1000};
    struct {
        long type;
        char text[8];
    } message;

    pid_t helper = start_interrupting(SIGUSR1);
    int semop_result = semop(semaphores, &down, 1), semop_errno = errno;
    int timed_result = semtimedop(semaphores, &down, 1, &long_time), timed_errno = errno;
    ssize_t receive_result = msgrcv(queue, &message, sizeof message.text, 0, 0);
    int receive_errno = errno;
    stop_interrupting(helper);
    EXPECT_OK(semctl(semaphores, 0, IPC_RMID));
    EXPECT_OK(msgctl(queue, IPC_RMID, NULL));

    EXPECT(semop_result == -1 && semop_errno == EINTR);
    EXPECT(timed_result == -1 && timed_errno == EINTR);
    EXPECT(receive_result == -1 && receive_errno == EINTR);
    return 0;
}
